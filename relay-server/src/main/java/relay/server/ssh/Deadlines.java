package relay.server.ssh;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.concurrent.TimeUnit;
import relay.common.config.Durations;
import relay.common.endpoint.InvalidValue;

/**
 * When tunnels are to close, as users write it. A time of the clock is turned into one of the
 * monotonic clock when it is read: a clock that is set later moves no deadline.
 */
final class Deadlines {

  private static final String EXPECTED =
      "a time to come: 15m, 2030-01-31T18:00:00Z or seconds since 1970; at most 10 years ahead";

  private static final Duration MAX = Duration.ofDays(3650);
  private static final int MAX_EPOCH_DIGITS = 12;

  private Deadlines() {}

  /**
   * @return in {@link System#nanoTime}
   * @throws InvalidValue where the text is no time, or none to come
   */
  static long of(String text) {
    Duration left = left(text);
    if (left.isNegative() || left.isZero() || left.compareTo(MAX) > 0) {
      throw new InvalidValue(text, "a deadline", EXPECTED);
    }
    return System.nanoTime() + left.toNanos();
  }

  /** What is left of the time until then, in nanoseconds; negative once it is over. */
  static long left(long deadline) {
    return deadline - System.nanoTime();
  }

  private static Duration left(String text) {
    boolean digits = !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9');
    try {
      if (digits && text.length() <= MAX_EPOCH_DIGITS) {
        return Duration.between(Instant.now(), Instant.ofEpochSecond(Long.parseLong(text)));
      }
      return text.indexOf('T') > 0
          ? Duration.between(Instant.now(), OffsetDateTime.parse(text))
          : Durations.of(text);
    } catch (DateTimeException | ArithmeticException | InvalidValue e) {
      throw new InvalidValue(text, "a deadline", EXPECTED);
    }
  }

  /** How long to wait at least until it is over, in milliseconds. */
  static long millisLeft(long deadline) {
    return Math.max(0, TimeUnit.NANOSECONDS.toMillis(left(deadline)) + 1);
  }
}
