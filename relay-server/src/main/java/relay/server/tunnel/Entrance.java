package relay.server.tunnel;

import io.netty.channel.Channel;
import java.net.InetSocketAddress;
import relay.common.endpoint.Hostname;

/**
 * A private way into a name's HTTP tunnels: what arrives on a stream is served as if it had come in
 * by the public listener, but for that name alone. Implemented by the edge, called by the SSH side,
 * which so needs not know it.
 */
public interface Entrance {

  /**
   * Serves the stream until its end; closes it then.
   *
   * @param stream a channel with auto-read off and an empty pipeline, which is active or will be;
   *     called on its loop
   * @param originator the visitor, whose word about others is not believed
   * @param name whose tunnels are asked, whatever Host or server name the visitor sends
   */
  void enter(Channel stream, InetSocketAddress originator, Hostname name);
}
