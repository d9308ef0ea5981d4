package relay.server.ssh;

import io.github.bucket4j.Bucket;
import io.github.bucket4j.EstimationProbe;
import java.time.Duration;
import relay.common.stream.ByteRate;

/** A token bucket of bytes: what a second brings may be saved up for the next. Any thread. */
final class BucketRate implements ByteRate {

  private final Bucket bucket;

  /**
   * @param bytes each second
   */
  BucketRate(long bytes) {
    bucket =
        Bucket.builder()
            .addLimit(limit -> limit.capacity(bytes).refillGreedy(bytes, Duration.ofSeconds(1)))
            .withNanosecondPrecision()
            .build();
  }

  @Override
  public long nanosToWait() {
    EstimationProbe next = bucket.estimateAbilityToConsume(1);
    return next.canBeConsumed() ? 0 : Math.max(1, next.getNanosToWaitForRefill());
  }

  /** What passed has passed, also where there were fewer tokens: the next bytes wait for it. */
  @Override
  public void carried(int bytes) {
    if (bytes > 0) {
      bucket.consumeIgnoringRateLimits(bytes);
    }
  }
}
