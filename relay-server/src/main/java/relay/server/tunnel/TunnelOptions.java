package relay.server.tunnel;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.LocalName;

/**
 * What the owner wishes for a tunnel beyond its endpoint. Immutable.
 *
 * @param hostHeader the name by which the local service is asked; null for the visitor's own Host
 * @param proxyProtocol the version of the PROXY protocol header that each connection to the local
 *     service begins with, 1 or 2; 0 for none
 * @param stripPath whether the endpoint's path is taken off the request's target
 * @param forceHttps whether plain HTTP is redirected to HTTPS
 * @param upstreamTimeout how long the local service may take to the first octet of its answer; null
 *     for the server's own limit
 * @param guests who, beside the owner, may come to a private alias
 */
public record TunnelOptions(
    @Nullable LocalName hostHeader,
    int proxyProtocol,
    boolean stripPath,
    boolean forceHttps,
    @Nullable Duration upstreamTimeout,
    Guests guests) {

  public static final TunnelOptions NONE =
      new TunnelOptions(null, 0, false, false, null, Guests.NONE);

  public TunnelOptions withHostHeader(LocalName name) {
    return new TunnelOptions(name, proxyProtocol, stripPath, forceHttps, upstreamTimeout, guests);
  }

  public TunnelOptions withProxyProtocol(int version) {
    return new TunnelOptions(hostHeader, version, stripPath, forceHttps, upstreamTimeout, guests);
  }

  public TunnelOptions withStripPath(boolean strip) {
    return new TunnelOptions(hostHeader, proxyProtocol, strip, forceHttps, upstreamTimeout, guests);
  }

  public TunnelOptions withForceHttps(boolean force) {
    return new TunnelOptions(hostHeader, proxyProtocol, stripPath, force, upstreamTimeout, guests);
  }

  public TunnelOptions withUpstreamTimeout(Duration timeout) {
    return new TunnelOptions(hostHeader, proxyProtocol, stripPath, forceHttps, timeout, guests);
  }

  public TunnelOptions withGuests(Guests admitted) {
    return new TunnelOptions(
        hostHeader, proxyProtocol, stripPath, forceHttps, upstreamTimeout, admitted);
  }
}
