package relay.server.tunnel;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Whether a tunnel's channel opens go well. One that failed counts for a while; one that has no
 * answer yet counts from the time on that an answer from far away would take. Any thread.
 */
final class Health {

  private static final long FAILED_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final long ANSWER_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final LongSupplier nanoTime;
  private int waiting; // these are guarded by this
  private long waitingSince;
  private @Nullable Long failedAt;

  Health(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  synchronized void asked() {
    if (waiting++ == 0) {
      waitingSince = nanoTime.getAsLong();
    }
  }

  synchronized void answered(boolean opened) {
    waiting--;
    waitingSince = nanoTime.getAsLong();
    failedAt = opened ? null : (Long) waitingSince;
  }

  /** Nobody waits for the answer any more: it says nothing. */
  synchronized void givenUp() {
    waiting--;
  }

  synchronized boolean isGood() {
    long now = nanoTime.getAsLong();
    return (failedAt == null || now - failedAt > FAILED_NANOS)
        && (waiting == 0 || now - waitingSince < ANSWER_NANOS);
  }
}
