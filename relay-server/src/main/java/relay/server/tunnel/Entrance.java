package relay.server.tunnel;

import io.netty.channel.Channel;
import java.net.InetSocketAddress;

/**
 * A private way into an HTTP tunnel: what arrives on a stream is served as if it had come in by the
 * public HTTP listener. Implemented by the edge, called by the SSH side, which so needs not know
 * it.
 */
public interface Entrance {

  /**
   * Serves the stream until its end; closes it then.
   *
   * @param stream an active channel with auto-read off and an empty pipeline; called on its loop
   */
  void enter(Channel stream, InetSocketAddress originator);
}
