package relay.common.endpoint;

import io.netty.util.NetUtil;
import java.net.Inet6Address;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/**
 * Where a request is addressed: the value of a Host header (RFC 9112 §3.2), or the authority of a
 * request target (RFC 3986 §3.2), in canonical form.
 *
 * @param host {@code foo.localhost}, {@code 127.0.0.1} or {@code [::1]}: lower case, without a
 *     trailing dot where it is a hostname; an IPv6 address as RFC 5952 writes it
 * @param hostname the host where it is a hostname; null for an address, and for a text that the
 *     grammar allows but that names nothing ({@code foo_bar}, {@code a..b}): no route has it
 * @param port 1 to 65535, or -1 where none was given
 */
public record Authority(String host, @Nullable Hostname hostname, int port) {

  private static final int MAX_LENGTH = 512;
  private static final int MAX_PORT_DIGITS = 5;

  /**
   * Reads an authority; any thread, and no exception on the way.
   *
   * <p>Stricter than the grammar where a lenient reader behind us could see another host: no user
   * information, percent-encoding or sub-delimiters (so no list either), no zone, no port 0.
   *
   * @return null where it is none: the request is answered with 400
   */
  public static @Nullable Authority parse(String text) {
    if (text.isEmpty() || text.length() > MAX_LENGTH) {
      return null;
    }
    int end = text.charAt(0) == '[' ? text.indexOf(']') + 1 : endOfName(text);
    if (end == 0) {
      return null;
    }
    int port = port(text, end);
    if (port == 0) {
      return null;
    }
    String host = text.substring(0, end);
    if (host.charAt(0) == '[') {
      String address = ipv6(host.substring(1, end - 1));
      return address == null ? null : new Authority("[" + address + "]", null, port);
    }
    Hostname hostname = Hostname.parse(host);
    return new Authority(hostname == null ? lowerCase(host) : hostname.value(), hostname, port);
  }

  /** As it stands in a Host header: host, and port where one was given. */
  @Override
  public String toString() {
    return port < 0 ? host : host + ":" + port;
  }

  /** Where the name ends: at a colon or at the end; 0 where another character comes first. */
  private static int endOfName(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == ':') {
        return i;
      }
      if (!isUnreserved(c)) {
        return 0;
      }
    }
    return text.length();
  }

  /** RFC 3986 §2.3. */
  private static boolean isUnreserved(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '-'
        || c == '.'
        || c == '_'
        || c == '~';
  }

  /**
   * The port that follows the host; -1 for none ({@code foo} and {@code foo:}), 0 for a bad one.
   */
  private static int port(String text, int end) {
    int digits = text.length() - end - 1;
    if (digits <= 0) {
      return digits < 0 || text.charAt(end) == ':' ? -1 : 0;
    }
    if (text.charAt(end) != ':' || digits > MAX_PORT_DIGITS) {
      return 0;
    }
    int port = 0;
    for (int i = end + 1; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9') {
        return 0;
      }
      port = port * 10 + (c - '0');
    }
    return port <= PortRange.MAX ? port : 0;
  }

  /** An IPv6 address in the form of RFC 5952, or null where it is none. */
  private static @Nullable String ipv6(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
      if (!hex && c != ':' && c != '.') {
        return null; // a zone, a nested bracket
      }
    }
    if (!NetUtil.isValidIpV6Address(text)) {
      return null;
    }
    byte[] octets = NetUtil.createByteArrayFromIpAddressString(text);
    try {
      return octets == null || octets.length != 16
          ? null
          : NetUtil.toAddressString(Inet6Address.getByAddress(null, octets, -1), true);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("16 octets are an IPv6 address: " + text, e);
    }
  }

  private static String lowerCase(String ascii) {
    StringBuilder out = new StringBuilder(ascii.length());
    for (int i = 0; i < ascii.length(); i++) {
      char c = ascii.charAt(i);
      out.append(c >= 'A' && c <= 'Z' ? (char) (c + 32) : c);
    }
    return out.toString();
  }
}
