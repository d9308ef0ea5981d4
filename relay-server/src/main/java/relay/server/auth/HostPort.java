package relay.server.auth;

import io.netty.util.NetUtil;
import relay.common.endpoint.InvalidValue;

/**
 * {@code host:port} as in {@code permitlisten} and {@code permitopen} (sshd(8)), an IPv6 address in
 * brackets.
 *
 * @param host in lower case, without a dot at its end
 * @param port 0 for {@code *}, any
 */
record HostPort(String host, int port) {

  static final int ANY_PORT = 0;

  private static final int MAX_HOST = 255;
  private static final int MAX_PORT = 65535;

  /**
   * Reads one.
   *
   * @throws InvalidValue where it is none
   */
  static HostPort of(String text, String expected) {
    int colon = text.lastIndexOf(':');
    if (colon < 0) {
      throw new InvalidValue(text, "a host and port", expected);
    }
    String host = text.substring(0, colon);
    boolean brackets = host.startsWith("[") && host.endsWith("]");
    host = brackets ? host.substring(1, host.length() - 1) : host;
    boolean valid =
        brackets
            ? NetUtil.isValidIpV6Address(host) && host.indexOf('%') < 0
            : !host.isEmpty() && host.length() <= MAX_HOST && host.chars().allMatch(HostPort::isIn);
    if (!valid) {
      throw new InvalidValue(text, "a host and port", expected);
    }
    return new HostPort(canonical(host), port(text, text.substring(colon + 1), expected));
  }

  /** In lower case (of ASCII: no other letter is one of a host), without a dot at its end. */
  static String canonical(String host) {
    int end = host.endsWith(".") ? host.length() - 1 : host.length();
    StringBuilder lower = new StringBuilder(end);
    for (int i = 0; i < end; i++) {
      char c = host.charAt(i);
      lower.append(c >= 'A' && c <= 'Z' ? (char) (c + 32) : c);
    }
    return lower.toString();
  }

  private static boolean isIn(int c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || ".-_*?".indexOf(c) >= 0;
  }

  private static int port(String text, String port, String expected) {
    if (port.equals("*")) {
      return ANY_PORT;
    }
    boolean digits = !port.isEmpty() && port.length() <= 5;
    digits = digits && port.chars().allMatch(c -> c >= '0' && c <= '9');
    int number = digits ? Integer.parseInt(port) : 0;
    if (number < 1 || number > MAX_PORT) {
      throw new InvalidValue(text, "a host and port", expected);
    }
    return number;
  }

  boolean hasPort(int asked) {
    return port == ANY_PORT || port == asked;
  }

  @Override
  public String toString() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host)
        + ":"
        + (port == ANY_PORT ? "*" : port);
  }
}
