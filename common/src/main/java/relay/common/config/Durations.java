package relay.common.config;

import java.time.Duration;
import relay.common.endpoint.InvalidValue;

/**
 * Durations as users write them: {@code 500ms}, {@code 15s}, {@code 10m}, {@code 1h}, {@code 7d}.
 */
public final class Durations {

  static final String EXPECTED = "a duration such as 500ms, 15s, 10m, 1h or 7d";

  private static final int MAX_DIGITS = 9;

  private Durations() {}

  /**
   * Reads a number with a unit.
   *
   * @throws InvalidValue where the text is none
   */
  public static Duration of(String text) {
    int digits = Digits.leading(text);
    long unit =
        switch (text.substring(digits).strip()) {
          case "ms" -> 1L;
          case "s" -> 1_000L;
          case "m" -> 60_000L;
          case "h" -> 3_600_000L;
          case "d" -> 86_400_000L;
          default -> 0L;
        };
    if (digits == 0 || digits > MAX_DIGITS || unit == 0) {
      throw new InvalidValue(text, "a duration", EXPECTED);
    }
    return Duration.ofMillis(Long.parseLong(text.substring(0, digits)) * unit);
  }
}
