package relay.server.config;

import io.netty.util.NetUtil;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.InvalidValue;
import relay.common.endpoint.PortRange;

/**
 * A host that is no tunnel and may be connected to through the relay, or a word for many: one item
 * of {@code ssh.permit-open}. Of several items each permits what it permits.
 *
 * @param host in lower case, an address as RFC 5952 writes it; {@code *} for any; null for {@code
 *     listed} and {@code none}
 * @param port 0 for any
 */
public record PermitOpen(String text, @Nullable String host, int port) {

  /** What a key's own permitopen lists. */
  public static final PermitOpen LISTED = new PermitOpen("listed", null, 0);

  private static final PermitOpen ANY = new PermitOpen("any", "*", 0);
  private static final PermitOpen NONE = new PermitOpen("none", null, 0);

  private static final String EXPECTED =
      "listed, any, none, or host:port where either may be *, such as db.internal:5432 or"
          + " [fd00::1]:*";

  private static final int MAX_HOST = 255;

  /**
   * Reads an item as a user wrote it. Nothing is looked up in DNS.
   *
   * @throws InvalidValue where it is none
   */
  public static PermitOpen of(String text) {
    return switch (text) {
      case "listed" -> LISTED;
      case "any" -> ANY;
      case "none" -> NONE;
      default -> hostAndPort(text);
    };
  }

  private static PermitOpen hostAndPort(String text) {
    int colon = text.lastIndexOf(':');
    if (colon <= 0) {
      throw new InvalidValue(text, "a host to be opened", EXPECTED);
    }
    String host = host(text, text.substring(0, colon));
    return new PermitOpen(text, host, port(text, text.substring(colon + 1)));
  }

  private static String host(String text, String host) {
    if (host.equals("*")) {
      return host;
    }
    boolean brackets = host.startsWith("[") && host.endsWith("]");
    String bare = brackets ? host.substring(1, host.length() - 1) : host;
    boolean valid =
        brackets
            ? NetUtil.isValidIpV6Address(bare) && bare.indexOf('%') < 0
            : bare.length() <= MAX_HOST && bare.chars().allMatch(PermitOpen::isOfHost);
    if (!valid) {
      throw new InvalidValue(text, "a host to be opened", EXPECTED);
    }
    return canonical(bare);
  }

  private static boolean isOfHost(int c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '-'
        || c == '_'
        || c == '.';
  }

  private static int port(String text, String port) {
    if (port.equals("*")) {
      return 0;
    }
    PortRange range;
    try {
      range = PortRange.of(port);
    } catch (InvalidValue e) {
      throw new InvalidValue(text, "a host to be opened", EXPECTED);
    }
    if (range.first() != range.last()) {
      throw new InvalidValue(text, "a host to be opened", EXPECTED);
    }
    return range.first();
  }

  /** Whether it is for this host, in any spelling; {@code listed} is for none by itself. */
  public boolean permits(String asked, int askedPort) {
    return host != null
        && (port == 0 || port == askedPort)
        && (host.equals("*") || host.equals(canonical(asked)));
  }

  /** Whether it is for this host and no other. */
  public boolean names(String asked, int askedPort) {
    return !"*".equals(host) && permits(asked, askedPort);
  }

  private static String canonical(String host) {
    byte[] octets = NetUtil.createByteArrayFromIpAddressString(host);
    if (octets != null) {
      return NetUtil.bytesToIpAddress(octets);
    }
    String lower = host.toLowerCase(Locale.ROOT);
    return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
  }

  @Override
  public String toString() {
    return text;
  }
}
