package relay.server.auth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import java.net.InetAddress;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What sources have to wait for what they did, in the manner of sshd's {@code PerSourcePenalties}:
 * penalties add up, they pass with time, and only when they amount to the least does the source
 * have to wait; then until all of it has passed. Any thread.
 */
final class Penalties {

  private record Penalty(long until, boolean enforced) {}

  private final Cache<InetAddress, Penalty> sources;
  private final LongSupplier nanoTime;
  private final long min;
  private final long max;

  /**
   * @param min what a source may have to its account without waiting
   * @param max what it can come to
   * @param maxSources of how many it is known; one more, and another is forgotten
   * @param nanoTime a monotonic clock, as {@link System#nanoTime}
   */
  Penalties(Duration min, Duration max, int maxSources, LongSupplier nanoTime) {
    this.min = min.toNanos();
    this.max = max.toNanos();
    this.nanoTime = nanoTime;
    this.sources =
        Caffeine.newBuilder()
            .maximumSize(maxSources)
            .ticker(nanoTime::getAsLong)
            .executor(Runnable::run)
            .expireAfter(
                Expiry.<InetAddress, Penalty>writing(
                    (source, penalty) -> Duration.ofNanos(left(penalty))))
            .build();
  }

  /** Puts a penalty to the account of a source. */
  void add(InetAddress source, Duration penalty) {
    if (penalty.isZero()) {
      return;
    }
    sources
        .asMap()
        .compute(
            source,
            (key, old) -> {
              long sum = Math.min(max, left(old) + penalty.toNanos());
              boolean enforced = sum >= min || (old != null && left(old) > 0 && old.enforced);
              return new Penalty(nanoTime.getAsLong() + sum, enforced);
            });
  }

  /** How long the source has to wait, in nanoseconds; 0 for not at all. */
  long left(InetAddress source) {
    Penalty penalty = sources.getIfPresent(source);
    return penalty != null && penalty.enforced ? left(penalty) : 0;
  }

  private long left(@Nullable Penalty penalty) {
    return penalty == null ? 0 : Math.max(0, penalty.until - nanoTime.getAsLong());
  }
}
