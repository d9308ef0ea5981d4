package relay.server.tunnel;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Refusal;
import relay.server.auth.Identity;

/** Who holds tunnels: one SSH session. All methods may be called from any thread. */
public interface Holder {

  Identity identity();

  EventLoop eventLoop();

  /** Asks the far end for a sign of life: true once a byte of its own came, false after limit. */
  Future<Boolean> probe(Duration limit);

  /** Whether an answer to a sign of life that was asked for is overdue. */
  default boolean isSilent() {
    return false;
  }

  /** The tunnel is no longer this holder's; the holder tells its user why. */
  void lost(Tunnel tunnel, Refusal why);

  /** Ends the whole session, telling its user why. */
  void end(Refusal why);

  /**
   * A visitor's connection comes to one of the identity's tunnels.
   *
   * @return why it may not, of which the holder tells its user; null where it may, and then {@link
   *     #visitorLeft} is to be called once
   */
  default @Nullable Refusal visitorCame(Tunnel tunnel) {
    return null;
  }

  default void visitorLeft() {}
}
