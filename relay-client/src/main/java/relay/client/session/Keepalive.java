package relay.client.session;

import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import relay.common.stream.GlobalRequests;
import relay.common.stream.SshConnection;

/**
 * Finds out that the other side is gone though TCP does not say so, and keeps the way open through
 * routers that forget silent connections. On the session's event loop.
 */
final class Keepalive {

  /** OpenSSH's own name for it: every server answers, if only that it does not know it. */
  private static final String NAME = "keepalive@openssh.com";

  static final Duration INTERVAL = Duration.ofSeconds(15);
  static final int MISSES = 3;

  private final SshConnection connection;
  private final GlobalRequests globals;
  private final Duration interval;
  private final Runnable whenGone;
  private long heard;
  private int missed;
  private @Nullable ScheduledFuture<?> timer;

  Keepalive(SshConnection connection, Duration interval, Runnable whenGone) {
    this.connection = connection;
    this.globals = connection.globals();
    this.interval = interval;
    this.whenGone = whenGone;
  }

  void start() {
    heard = connection.lastHeard();
    timer =
        connection
            .eventLoop()
            .scheduleAtFixedRate(
                this::tick, interval.toNanos(), interval.toNanos(), TimeUnit.NANOSECONDS);
  }

  void stop() {
    if (timer != null) {
      timer.cancel(false);
    }
  }

  private void tick() {
    if (connection.lastHeard() != heard) {
      heard = connection.lastHeard();
      missed = 0; // an answer may wait behind data that still comes
    }
    if (missed == MISSES) {
      stop();
      whenGone.run();
      return;
    }
    missed++;
    globals.ask(NAME, body -> {}).addListener(answer -> missed = 0);
  }
}
