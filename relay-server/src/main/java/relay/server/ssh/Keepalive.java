package relay.server.ssh;

import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.common.stream.SshConnection;
import relay.server.tunnel.Holder;

/**
 * Finds clients that have gone without a word. Only the client's own bytes put the timer back, so
 * that visitors who knock do not hide a dead one. On the session's event loop.
 */
final class Keepalive {

  /** OpenSSH's own name for it: every client answers, if only that it does not know it. */
  static final String NAME = "keepalive@openssh.com";

  private final SshConnection connection;
  private final Holder holder;
  private final long interval;
  private final int misses;
  private final ScheduledFuture<?> timer;

  private Keepalive(SshConnection connection, Holder holder, Duration interval, int misses) {
    this.connection = connection;
    this.holder = holder;
    this.interval = interval.toNanos();
    this.misses = misses;
    this.timer =
        connection
            .eventLoop()
            .scheduleAtFixedRate(
                this::check,
                this.interval + untilShared(System.nanoTime() + this.interval, this.interval),
                this.interval,
                TimeUnit.NANOSECONDS);
  }

  /**
   * Sessions look at the same hundred times of an interval: a thread that is woken for each of
   * thousands spends most of its time with waking.
   */
  private static long untilShared(long time, long interval) {
    return Math.floorMod(-time, Math.max(1, interval / 100));
  }

  /**
   * @param interval how long a client may be silent before it is asked
   * @param misses how many such intervals it may be silent in all
   */
  static Keepalive start(SshConnection connection, Holder holder, Duration interval, int misses) {
    return new Keepalive(connection, holder, interval, misses);
  }

  private void check() {
    long silent = System.nanoTime() - connection.lastHeard();
    if (silent >= interval * (misses + 1)) {
      timer.cancel(false);
      holder.end(
          new Refusal(
              RefusalCode.KEEPALIVE_LOST,
              "the client did not answer for " + TimeUnit.NANOSECONDS.toSeconds(silent) + " s"));
    } else if (silent >= interval - TimeUnit.MILLISECONDS.toNanos(10)) {
      // any answer is a sign of life
      connection.eventLoop().execute(() -> connection.globals().ask(NAME, packet -> {}));
    }
  }

  void stop() {
    timer.cancel(false);
  }
}
