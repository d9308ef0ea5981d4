package relay.server.edge.http;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The two ends of a visitor's connection: as the system tells them, or as a trusted proxy does for
 * the connection that it relays. On the connection's event loop.
 */
final class Peer {

  private InetSocketAddress address;
  private @Nullable InetSocketAddress destination;

  Peer(InetSocketAddress address, @Nullable InetSocketAddress destination) {
    relays(address, destination);
  }

  /** It stands for another connection. */
  void relays(InetSocketAddress from, @Nullable InetSocketAddress to) {
    address = from;
    destination = to;
  }

  InetSocketAddress address() {
    return address;
  }

  /** The public address that was connected to; null where there is none. */
  @Nullable InetSocketAddress destination() {
    return destination;
  }
}
