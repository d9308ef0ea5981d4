package relay.client.session;

import java.time.Duration;
import java.util.function.DoubleSupplier;

/**
 * How long to wait before the next try: anything up to a limit that doubles from half a second to
 * 30 seconds. The whole of it is random, so that the clients of a server that was restarted do not
 * come back at once.
 */
final class Backoff {

  static final Duration FIRST = Duration.ofMillis(500);
  static final Duration LAST = Duration.ofSeconds(30);

  /** A session that lived as long as this was a good one. */
  static final Duration STABLE = Duration.ofMinutes(1);

  private final DoubleSupplier random;
  private long limit = FIRST.toMillis();

  /**
   * @param random from 0 inclusive to 1 exclusive
   */
  Backoff(DoubleSupplier random) {
    this.random = random;
  }

  Duration next() {
    long wait = (long) (limit * random.getAsDouble());
    limit = Math.min(limit * 2, LAST.toMillis());
    return Duration.ofMillis(wait);
  }

  void ended(Duration lived) {
    if (lived.compareTo(STABLE) >= 0) {
      limit = FIRST.toMillis();
    }
  }
}
