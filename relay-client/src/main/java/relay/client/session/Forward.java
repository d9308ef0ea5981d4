package relay.client.session;

import org.jspecify.annotations.Nullable;

/**
 * What is asked for with {@code tcpip-forward} (RFC 4254 §7.1).
 *
 * @param host a name, or {@code localhost} for the server's choice
 * @param port 80 for HTTP; 0 for any TCP port
 * @param returning whether an earlier connection had it: it is not taken back from who has it now
 */
public record Forward(String host, int port, boolean returning) {

  private static final String ANY = "localhost";
  private static final int HTTP = 80;

  /**
   * An HTTP endpoint.
   *
   * @param name the name wanted; null for the identity's own
   */
  public static Forward http(@Nullable String name) {
    return new Forward(name == null ? ANY : name, HTTP, false);
  }

  /**
   * A public TCP port.
   *
   * @param port the port wanted; 0 for any
   */
  public static Forward tcp(int port) {
    return new Forward(ANY, port, false);
  }

  /** For people: the name, or the kind where the server chooses. */
  String wanted() {
    if (port != HTTP) {
      return port == 0 ? "a TCP port" : "TCP port " + port;
    }
    return host.equals(ANY) ? "a name" : "the name " + host;
  }
}
