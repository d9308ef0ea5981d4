package relay.server.tunnel;

import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.util.List;

/** The public side of TCP tunnels: implemented by the edge. Any thread. */
public interface PortListeners {

  /**
   * Binds the port of a tunnel on every address, or on none; where an older tunnel's listener has
   * the same addresses it is taken over as it is.
   *
   * @param addresses with the tunnel's port
   * @return fails where one of them cannot be bound
   */
  Future<?> open(Tunnel tunnel, List<InetSocketAddress> addresses);

  /** Stops accepting, if the listener is still this tunnel's. Visitors' connections go on. */
  void close(Tunnel tunnel);
}
