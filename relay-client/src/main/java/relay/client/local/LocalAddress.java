package relay.client.local;

/**
 * Where the local service listens.
 *
 * @param host a name or an IP literal, an IPv6 one without brackets
 * @param port 1 to 65535
 */
public record LocalAddress(String host, int port) {

  private static final String EXPECTED =
      "expected a port, or host:port, such as 3000 or [::1]:3000";

  /**
   * Reads {@code 3000}, {@code host:3000} or {@code [::1]:3000}; a port alone is on {@code
   * localhost}.
   *
   * @throws IllegalArgumentException where it is none of these; the message says so
   */
  public static LocalAddress parse(String text) {
    int colon = text.lastIndexOf(':');
    String host = colon < 0 ? "localhost" : text.substring(0, colon);
    if (host.matches("\\[[0-9A-Za-z:.%]+]")) {
      host = host.substring(1, host.length() - 1);
    } else if (!host.matches("[0-9A-Za-z._-]+")) {
      throw new IllegalArgumentException("'" + text + "': " + EXPECTED);
    }
    return new LocalAddress(host, port(text, text.substring(colon + 1)));
  }

  private static int port(String text, String digits) {
    if (digits.matches("[0-9]{1,5}")) {
      int port = Integer.parseInt(digits);
      if (port >= 1 && port <= 65535) {
        return port;
      }
    }
    throw new IllegalArgumentException(
        "'" + text + "': " + EXPECTED + ", with a port of 1 to 65535");
  }

  @Override
  public String toString() {
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
  }
}
