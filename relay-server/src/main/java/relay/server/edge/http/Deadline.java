package relay.server.edge.http;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One time limit that is set anew with each step of a connection and hardly ever reached. Its timer
 * is not moved with it: where it fires too early it is set again. On one event loop, by its ticker.
 */
final class Deadline {

  private final EventLoop loop;
  private final Runnable reached;
  private boolean set;
  private long at;
  private long firesAt;
  private @Nullable ScheduledFuture<?> timer;

  Deadline(EventLoop loop, Runnable reached) {
    this.loop = loop;
    this.reached = reached;
  }

  /**
   * Sets it; an earlier one is forgotten.
   *
   * @param nanos from now on
   */
  void in(long nanos) {
    set = true;
    at = now() + nanos;
    if (timer == null) {
      arm();
    } else if (firesAt - at > 0) {
      timer.cancel(false);
      arm();
    }
  }

  /** There is none now. */
  void none() {
    set = false;
  }

  /** There will be none any more. */
  void cancel() {
    set = false;
    if (timer != null) {
      timer.cancel(false);
      timer = null;
    }
  }

  private void arm() {
    firesAt = at;
    timer = loop.schedule(this::fired, Math.max(0, at - now()), TimeUnit.NANOSECONDS);
  }

  private void fired() {
    timer = null;
    if (!set) {
      return;
    }
    if (at - now() > 0) {
      arm();
    } else {
      set = false;
      reached.run();
    }
  }

  private long now() {
    return loop.ticker().nanoTime();
  }
}
