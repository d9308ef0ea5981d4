package relay.common.config;

import relay.common.endpoint.InvalidValue;

/**
 * A number of bytes. Written with a unit: {@code 512B}, {@code 8KB}, {@code 64MB}, {@code 2GB},
 * where K, M and G stand for powers of 1024 ({@code KiB}, {@code MiB}, {@code GiB} mean the same).
 */
public record ByteSize(long bytes) {

  static final String EXPECTED = "a size such as 512B, 64KB or 16MB";

  private static final int MAX_DIGITS = 9;

  /**
   * Reads a size as a user wrote it.
   *
   * @throws InvalidValue where it is none
   */
  public static ByteSize of(String text) {
    int digits = Digits.leading(text);
    long unit = unit(text.substring(digits).strip());
    if (digits == 0 || digits > MAX_DIGITS || unit == 0) {
      throw new InvalidValue(text, "a size", EXPECTED);
    }
    return new ByteSize(Long.parseLong(text.substring(0, digits)) * unit);
  }

  /** The same as an int, for sizes that a setting keeps below 2 GB. */
  public int toInt() {
    return Math.toIntExact(bytes);
  }

  private static long unit(String name) {
    return switch (name) {
      case "B" -> 1L;
      case "KB", "KiB" -> 1L << 10;
      case "MB", "MiB" -> 1L << 20;
      case "GB", "GiB" -> 1L << 30;
      default -> 0L;
    };
  }
}
