package relay.server.edge.http;

import relay.common.endpoint.Hostname;
import relay.server.tunnel.Route;

/** Where names lead; asked for each request anew, on any event loop, and answers at once. */
@FunctionalInterface
public interface Routes {
  /**
   * @param target in origin form
   */
  Route route(Hostname host, String target);
}
