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
 * @param deadline when the tunnel closes, in {@link System#nanoTime}; null for never
 * @param autoClose whether the session ends when this was its last tunnel
 */
public record TunnelOptions(
    @Nullable LocalName hostHeader,
    int proxyProtocol,
    boolean stripPath,
    boolean forceHttps,
    @Nullable Duration upstreamTimeout,
    Guests guests,
    @Nullable Long deadline,
    boolean autoClose) {

  public static final TunnelOptions NONE =
      new TunnelOptions(null, 0, false, false, null, Guests.NONE, null, false);

  public TunnelOptions withHostHeader(LocalName name) {
    return new TunnelOptions(
        name, proxyProtocol, stripPath, forceHttps, upstreamTimeout, guests, deadline, autoClose);
  }

  public TunnelOptions withProxyProtocol(int version) {
    return new TunnelOptions(
        hostHeader, version, stripPath, forceHttps, upstreamTimeout, guests, deadline, autoClose);
  }

  public TunnelOptions withStripPath(boolean strip) {
    return new TunnelOptions(
        hostHeader, proxyProtocol, strip, forceHttps, upstreamTimeout, guests, deadline, autoClose);
  }

  public TunnelOptions withForceHttps(boolean force) {
    return new TunnelOptions(
        hostHeader, proxyProtocol, stripPath, force, upstreamTimeout, guests, deadline, autoClose);
  }

  public TunnelOptions withUpstreamTimeout(Duration timeout) {
    return new TunnelOptions(
        hostHeader, proxyProtocol, stripPath, forceHttps, timeout, guests, deadline, autoClose);
  }

  public TunnelOptions withGuests(Guests admitted) {
    return new TunnelOptions(
        hostHeader,
        proxyProtocol,
        stripPath,
        forceHttps,
        upstreamTimeout,
        admitted,
        deadline,
        autoClose);
  }

  public TunnelOptions withDeadline(long time) {
    return new TunnelOptions(
        hostHeader, proxyProtocol, stripPath, forceHttps, upstreamTimeout, guests, time, autoClose);
  }

  public TunnelOptions withAutoClose(boolean close) {
    return new TunnelOptions(
        hostHeader, proxyProtocol, stripPath, forceHttps, upstreamTimeout, guests, deadline, close);
  }
}
