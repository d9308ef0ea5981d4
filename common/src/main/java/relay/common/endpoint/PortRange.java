package relay.common.endpoint;

/**
 * Ports from {@code first} to {@code last}, both included, each 1 to 65535. Written {@code
 * 20000-29999}, or {@code 4000} for one port.
 */
public record PortRange(int first, int last) {

  /** The highest port. */
  public static final int MAX = 65535;

  static final String EXPECTED = "a port (1 to 65535) or a range such as 20000-29999";

  public PortRange {
    if (first < 1 || last > MAX || first > last) {
      throw new InvalidValue(first + "-" + last, "a port range", EXPECTED);
    }
  }

  /**
   * Reads a range as a user wrote it.
   *
   * @throws InvalidValue where it is none
   */
  public static PortRange of(String text) {
    String range = text.strip();
    int dash = range.indexOf('-');
    int first = port(dash < 0 ? range : range.substring(0, dash).strip());
    int last = dash < 0 ? first : port(range.substring(dash + 1).strip());
    if (first == 0 || last < first) {
      throw new InvalidValue(text, "a port range", EXPECTED);
    }
    return new PortRange(first, last);
  }

  public boolean contains(int port) {
    return first <= port && port <= last;
  }

  /** How many ports, 1 to 65535. */
  public int size() {
    return last - first + 1;
  }

  @Override
  public String toString() {
    return first == last ? Integer.toString(first) : first + "-" + last;
  }

  /** 1 to 65535, or 0 where it is none; digits of other scripts are none. */
  private static int port(String text) {
    int port = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9') {
        return 0;
      }
      port = port * 10 + (c - '0');
      if (port > MAX) {
        return 0;
      }
    }
    return port;
  }
}
