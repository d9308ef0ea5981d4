package relay.server.config;

import relay.common.endpoint.Authority;
import relay.common.endpoint.Hostname;
import relay.common.endpoint.InvalidValue;

/**
 * The scheme and port of the URLs that are printed. Written as a whole URL, {@code
 * https://example.org:8443}; its host is not used, since every tunnel has its own.
 *
 * @param scheme {@code http} or {@code https}
 * @param port 1 to 65535
 */
public record PublicUrl(String scheme, int port) {

  private static final String EXPECTED = "a URL such as https://example.org or http://relay:8080";

  /**
   * Reads a URL as a user wrote it.
   *
   * @throws InvalidValue where it is none
   */
  public static PublicUrl of(String text) {
    int end = text.indexOf("://");
    String scheme = end < 0 ? "" : text.substring(0, end);
    String rest = end < 0 ? "" : text.substring(end + 3);
    if (rest.endsWith("/")) {
      rest = rest.substring(0, rest.length() - 1);
    }
    Authority authority = Authority.parse(rest);
    if (authority == null || !(scheme.equals("http") || scheme.equals("https"))) {
      throw new InvalidValue(text, "a public URL", EXPECTED);
    }
    return new PublicUrl(scheme, authority.port() > 0 ? authority.port() : schemePort(scheme));
  }

  /** The URL of a tunnel, without a slash at the end and without the scheme's own port. */
  public String of(Hostname host) {
    return scheme + "://" + host.value() + suffix();
  }

  /** {@code :8080}, or nothing where it is the scheme's own port. */
  public String suffix() {
    return port == schemePort(scheme) ? "" : ":" + port;
  }

  private static int schemePort(String scheme) {
    return scheme.equals("https") ? 443 : 80;
  }
}
