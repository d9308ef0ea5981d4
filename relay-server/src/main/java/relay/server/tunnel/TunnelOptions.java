package relay.server.tunnel;

import java.time.Duration;
import java.util.function.Consumer;
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
 * @param pool whether further sessions of the identity join on the tunnel's name; null: as it is
 * @param shape what the forward becomes; applied by whoever holds the tunnel
 */
public record TunnelOptions(
    @Nullable LocalName hostHeader,
    int proxyProtocol,
    boolean stripPath,
    boolean forceHttps,
    @Nullable Duration upstreamTimeout,
    Guests guests,
    @Nullable Long deadline,
    boolean autoClose,
    @Nullable Boolean pool,
    Shape shape) {

  public static final TunnelOptions NONE =
      new TunnelOptions(null, 0, false, false, null, Guests.NONE, null, false, null, Shape.PLAIN);

  public TunnelOptions withHostHeader(LocalName name) {
    return with(draft -> draft.hostHeader = name);
  }

  public TunnelOptions withProxyProtocol(int version) {
    return with(draft -> draft.proxyProtocol = version);
  }

  public TunnelOptions withStripPath(boolean strip) {
    return with(draft -> draft.stripPath = strip);
  }

  public TunnelOptions withForceHttps(boolean force) {
    return with(draft -> draft.forceHttps = force);
  }

  public TunnelOptions withUpstreamTimeout(Duration timeout) {
    return with(draft -> draft.upstreamTimeout = timeout);
  }

  public TunnelOptions withGuests(Guests admitted) {
    return with(draft -> draft.guests = admitted);
  }

  public TunnelOptions withDeadline(long time) {
    return with(draft -> draft.deadline = time);
  }

  public TunnelOptions withAutoClose(boolean close) {
    return with(draft -> draft.autoClose = close);
  }

  public TunnelOptions withPool(boolean is) {
    return with(draft -> draft.pool = is);
  }

  public TunnelOptions withShape(Shape of) {
    return with(draft -> draft.shape = of);
  }

  private TunnelOptions with(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return draft.options();
  }

  /** A copy while one of its values changes. */
  private static final class Draft {
    @Nullable LocalName hostHeader;
    int proxyProtocol;
    boolean stripPath;
    boolean forceHttps;
    @Nullable Duration upstreamTimeout;
    Guests guests;
    @Nullable Long deadline;
    boolean autoClose;
    @Nullable Boolean pool;
    Shape shape;

    Draft(TunnelOptions of) {
      hostHeader = of.hostHeader;
      proxyProtocol = of.proxyProtocol;
      stripPath = of.stripPath;
      forceHttps = of.forceHttps;
      upstreamTimeout = of.upstreamTimeout;
      guests = of.guests;
      deadline = of.deadline;
      autoClose = of.autoClose;
      pool = of.pool;
      shape = of.shape;
    }

    TunnelOptions options() {
      return new TunnelOptions(
          hostHeader,
          proxyProtocol,
          stripPath,
          forceHttps,
          upstreamTimeout,
          guests,
          deadline,
          autoClose,
          pool,
          shape);
    }
  }
}
