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
            .scheduleWithFixedDelay(
                this::check, this.interval, this.interval, TimeUnit.NANOSECONDS);
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
      holder.probe(Duration.ofNanos(interval));
    }
  }

  void stop() {
    timer.cancel(false);
  }
}
