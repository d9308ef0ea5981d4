package relay.server.ssh;

import io.github.bucket4j.Bucket;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How much of what one identity is refused is told one by one; what goes beyond that is counted, so
 * that nobody fills the audit log, or pushes others' events out of it. Any thread.
 */
final class RefusalTally {

  /** More than anybody reads, and a hundred such identities are no load. */
  private static final int EACH_SECOND = 20;

  /** Two hundred forwards in one command that are all refused are told nearly all. */
  private static final int AT_ONCE = 100;

  private final Bucket bucket =
      Bucket.builder()
          .addLimit(
              limit -> limit.capacity(AT_ONCE).refillGreedy(EACH_SECOND, Duration.ofSeconds(1)))
          .build();

  private final AtomicLong leftOut = new AtomicLong();

  /** Whether the next one is told. */
  boolean isTold() {
    return bucket.tryConsume(1);
  }

  /**
   * Counts one that is not told.
   *
   * @return whether it is the first since {@link #takeLeftOut}, which has to be called later then
   */
  boolean leaveOut() {
    return leftOut.getAndIncrement() == 0;
  }

  long takeLeftOut() {
    return leftOut.getAndSet(0);
  }
}
