package relay.server.edge.http;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.util.function.Consumer;
import java.util.function.Function;
import relay.common.endpoint.AddressRange;

/**
 * What all connections of one edge share.
 *
 * @param spliced told of a visitor's channel that left HTTP
 * @param pools the idle upstream connections that live on an event loop
 */
record Site(
    HttpConfig config,
    Routes routes,
    Consumer<Channel> spliced,
    Function<EventLoop, UpstreamPool> pools) {

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
