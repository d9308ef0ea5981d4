package relay.server.auth;

import io.netty.util.NetUtil;
import relay.common.endpoint.Endpoint;
import relay.common.endpoint.Hostname;
import relay.common.endpoint.Wildcard;

/**
 * One {@code permitlisten} of a key: {@code shop-*:80}, {@code *.team.example.org:443}, {@code
 * localhost:4000}, {@code 4000}.
 *
 * <p>A name is matched as it is canonically, whatever was sent for it: a pattern without a dot is
 * one label under the domain, one with a dot a full hostname; ports 80 and 443 are both the HTTP
 * endpoint. A TCP port is matched as sshd does, on the host that was sent.
 *
 * @param bare whether it is a port alone: that means TCP ports, and no alias on that port
 */
record ListenPattern(HostPort listed, boolean bare) {

  private static final String EXPECTED =
      "[host:]port, as in \"shop-*:80\", \"*.team.example.org:443\" or \"4000\"";
  private static final int HTTP = 80;
  private static final int HTTPS = 443;

  /** What a plain {@code -R 80:} sends as its host. */
  private static final String LOCALHOST = "localhost";

  /**
   * Reads one; a bare port is one on any host.
   *
   * @throws relay.common.endpoint.InvalidValue where it is none
   */
  static ListenPattern of(String text) {
    boolean bare = text.indexOf(':') < 0;
    return new ListenPattern(HostPort.of(bare ? "*:" + text : text, EXPECTED), bare);
  }

  boolean matches(Endpoint.Http endpoint, Hostname domain) {
    return isHttp() && matches(endpoint.host(), domain);
  }

  boolean matches(Endpoint.Alias endpoint, Hostname domain) {
    return !bare && listed.hasPort(endpoint.port()) && matches(endpoint.name(), domain);
  }

  private boolean matches(Hostname name, Hostname domain) {
    if (listed.host().indexOf('.') >= 0) {
      return new Wildcard(listed.host()).matches(name.value());
    }
    return domain.equals(name.parent()) && new Wildcard(listed.host()).matches(name.firstLabel());
  }

  /** Whether any name of the identity's own is meant, as by a plain {@code -R 80:}. */
  boolean matchesOwnNames() {
    return isHttp() && listed.host().equals(LOCALHOST);
  }

  /** Whether this very name is meant, on whatever port, and not all that look like it. */
  boolean names(Hostname name, Hostname domain) {
    return !bare && !Wildcard.isIn(listed.host()) && matches(name, domain);
  }

  /** Whether this very TCP port is meant, on whatever address that can be bound. */
  boolean names(int port) {
    return listed.port() == port
        && (listed.host().equals("*")
            || listed.host().equals(LOCALHOST)
            || NetUtil.isValidIpV4Address(listed.host())
            || NetUtil.isValidIpV6Address(listed.host()));
  }

  private boolean isHttp() {
    return listed.hasPort(HTTP) || listed.hasPort(HTTPS);
  }

  /**
   * sshd's rule.
   *
   * @param host as it was sent
   * @param port as it was sent, 0 for any
   */
  boolean matchesPort(String host, int port) {
    return listed.hasPort(port) && new Wildcard(listed.host()).matches(HostPort.canonical(host));
  }

  @Override
  public String toString() {
    return listed.host().equals("*") && listed.port() != HostPort.ANY_PORT
        ? Integer.toString(listed.port())
        : listed.toString();
  }
}
