package relay.server.edge.tls;

import io.netty.channel.Channel;
import io.netty.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Hostname;

/** Where connections go whose TLS is not ended here. On the visitor's event loop. */
public interface Undecrypted {

  /**
   * Opens the way for a ClientHello that asks for a name.
   *
   * @return the far end: a channel on the visitor's loop, with auto-read off; where it fails, the
   *     visitor gets an alert. Null where TLS is ended here
   */
  @Nullable Future<Channel> open(Hostname name, Channel visitor);

  /** The visitor got an alert. */
  void refused(Hostname name, Throwable cause);

  /** The visitor's bytes are carried from here on, both ways. */
  void passed(Channel visitor);
}
