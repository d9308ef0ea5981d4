package relay.client.session;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The relay to use.
 *
 * @param user who to log in as
 * @param host a name or an IP literal, an IPv6 one without brackets
 * @param port 1 to 65535
 */
public record ServerAddress(String user, String host, int port) {

  /** Where a relay listens that was told nothing else. */
  public static final int DEFAULT_PORT = 2222;

  private static final int SSH_PORT = 22;
  private static final String EXPECTED =
      "expected host, host:port or user@host:port, such as relay.example.org:2222";

  /**
   * Reads {@code [user@]host[:port]}.
   *
   * @param defaultUser where the text names none
   * @throws IllegalArgumentException where it is none; the message says so
   */
  public static ServerAddress parse(String text, String defaultUser) {
    int at = text.lastIndexOf('@');
    String user = at < 0 ? defaultUser : text.substring(0, at);
    String rest = text.substring(at + 1);
    String host = rest;
    String port = null;
    int bracket = rest.indexOf(']');
    int colon = rest.indexOf(':', Math.max(bracket, 0));
    if (bracket < 0 && colon != rest.lastIndexOf(':')) {
      colon = -1; // an IPv6 literal without brackets and port
    }
    if (colon >= 0) {
      host = rest.substring(0, colon);
      port = rest.substring(colon + 1);
    }
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    }
    if (user.isEmpty() || !host.matches("[0-9A-Za-z._:%-]+")) {
      throw new IllegalArgumentException("'" + text + "': " + EXPECTED);
    }
    return new ServerAddress(user, host.toLowerCase(Locale.ROOT), port(text, port));
  }

  private static int port(String text, @Nullable String digits) {
    if (digits == null) {
      return DEFAULT_PORT;
    }
    if (digits.matches("[0-9]{1,5}")) {
      int port = Integer.parseInt(digits);
      if (port >= 1 && port <= 65535) {
        return port;
      }
    }
    throw new IllegalArgumentException("'" + text + "': " + EXPECTED);
  }

  /** The server's name in {@code known_hosts}, as ssh writes it. */
  String knownHostsName() {
    return port == SSH_PORT ? host : "[" + host + "]:" + port;
  }

  /** As {@code host:port}. */
  @Override
  public String toString() {
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
  }
}
