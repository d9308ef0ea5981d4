package relay.server.edge.http;

import io.netty.channel.Channel;
import java.net.InetSocketAddress;
import java.util.function.Consumer;
import relay.common.endpoint.AddressRange;

/**
 * What all connections of one edge share.
 *
 * @param spliced told of a visitor's channel that left HTTP
 */
record Site(HttpConfig config, Routes routes, Consumer<Channel> spliced) {

  HttpLimits limits() {
    return config.limits();
  }

  /** Whether the peer's word about the visitor counts. */
  boolean trusts(InetSocketAddress peer) {
    for (AddressRange range : config.trusted()) {
      if (range.contains(peer.getAddress())) {
        return true;
      }
    }
    return false;
  }
}
