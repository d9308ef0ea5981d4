package relay.server.edge.http;

import relay.common.endpoint.Hostname;
import relay.server.tunnel.Route;
import relay.server.tunnel.Tunnel;
import relay.server.tunnel.TunnelRegistry;

/** Where names lead; asked for each request anew, on any event loop, and answers at once. */
@FunctionalInterface
public interface Routes {
  /**
   * @param target in origin form
   */
  Route route(Hostname host, String target);

  /** Where a TLS connection goes whose TLS is not ended here; {@link Route.Unknown} where it is. */
  default Route encrypted(Hostname host) {
    return new Route.Unknown();
  }

  /** Whether a tunnel that was found is still its holder's. */
  default boolean isLive(Tunnel tunnel, Hostname host, String target) {
    return route(host, target) instanceof Route.Live live && live.tunnel() == tunnel;
  }

  /** As the registry has them. */
  static Routes of(TunnelRegistry registry) {
    return new Routes() {
      @Override
      public Route route(Hostname host, String target) {
        return registry.route(host, target);
      }

      @Override
      public boolean isLive(Tunnel tunnel, Hostname host, String target) {
        return registry.isLive(tunnel);
      }

      @Override
      public Route encrypted(Hostname host) {
        return registry.encrypted(host);
      }
    };
  }
}
