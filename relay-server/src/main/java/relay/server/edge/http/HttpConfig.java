package relay.server.edge.http;

import java.util.List;
import java.util.function.IntSupplier;
import relay.common.endpoint.AddressRange;
import relay.common.endpoint.Hostname;

/**
 * What an operator decides about one HTTP listener.
 *
 * @param scheme {@code http} or {@code https}: what the visitor's URL begins with
 * @param domain below which the tunnels' names are
 * @param trusted the proxies whose word about the visitor counts
 * @param httpsPort where visitors are sent who have to come by HTTPS; 0 for nowhere
 */
public record HttpConfig(
    String scheme,
    Hostname domain,
    List<AddressRange> trusted,
    IntSupplier httpsPort,
    HttpLimits limits) {
  /** The same, where every word about the visitor is his own. */
  HttpConfig trustingNobody() {
    return new HttpConfig(scheme, domain, List.of(), httpsPort, limits);
  }
}
