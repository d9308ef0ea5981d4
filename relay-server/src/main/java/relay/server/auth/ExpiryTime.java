package relay.server.auth;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.ResolverStyle;
import java.util.Locale;
import relay.common.endpoint.InvalidValue;

/** {@code expiry-time="20301231"} as sshd(8) reads it. */
public final class ExpiryTime {

  private static final String EXPECTED =
      "YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS, with a Z at its end where it is UTC";
  private static final DateTimeFormatter FORMAT =
      DateTimeFormatter.ofPattern("uuuuMMddHHmmss", Locale.ROOT)
          .withResolverStyle(ResolverStyle.STRICT);
  private static final String MIDNIGHT = "000000";

  private ExpiryTime() {}

  /**
   * Reads a time.
   *
   * @param local the zone of one without a {@code Z}
   * @throws InvalidValue where it is none
   */
  public static Instant of(String text, ZoneId local) {
    String upper = text.toUpperCase(Locale.ROOT);
    int zone = upper.endsWith("UTC") ? 3 : upper.endsWith("Z") ? 1 : 0;
    String digits = text.substring(0, text.length() - zone);
    if (digits.length() != 8 && digits.length() != 12 && digits.length() != 14) {
      throw new InvalidValue(text, "a time", EXPECTED);
    }
    try {
      LocalDateTime time =
          LocalDateTime.parse(digits + MIDNIGHT.substring(digits.length() - 8), FORMAT);
      return time.atZone(zone == 0 ? local : ZoneOffset.UTC).toInstant();
    } catch (DateTimeException e) {
      throw new InvalidValue(text, "a time", EXPECTED);
    }
  }
}
