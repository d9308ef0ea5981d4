package relay.server.auth;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import relay.common.endpoint.InvalidValue;
import relay.common.endpoint.Wildcard;

/**
 * One {@code permitopen} of a key (sshd(8)): a host, literally, or {@code *} for any; a port, or
 * {@code *}. Names in any case, and addresses in any spelling, are the same.
 */
record OpenTarget(HostPort listed) {

  private static final String EXPECTED =
      "host:port, as in \"db.internal:5432\" or \"[fd00::1]:*\"; of a host only * is a pattern";
  private static final String ANY_HOST = "*";

  /**
   * Reads one.
   *
   * @throws InvalidValue where it is none; a pattern too, which sshd would take literally
   */
  static OpenTarget of(String text) {
    HostPort listed = HostPort.of(text, EXPECTED);
    if (!listed.host().equals(ANY_HOST) && Wildcard.isIn(listed.host())) {
      throw new InvalidValue(text, "a host and port", EXPECTED);
    }
    return new OpenTarget(new HostPort(canonical(listed.host()), listed.port()));
  }

  boolean matches(String host, int port) {
    return listed.hasPort(port)
        && (listed.host().equals(ANY_HOST) || listed.host().equals(canonical(host)));
  }

  /** Whether it is for this host and no other. */
  boolean names(String host, int port) {
    return !listed.host().equals(ANY_HOST) && matches(host, port);
  }

  private static String canonical(String host) {
    byte[] address = NetUtil.createByteArrayFromIpAddressString(host);
    if (address != null) {
      try {
        return NetUtil.toAddressString(InetAddress.getByAddress(address));
      } catch (UnknownHostException e) {
        throw new IllegalStateException("an address has 4 or 16 bytes", e);
      }
    }
    return HostPort.canonical(host);
  }

  @Override
  public String toString() {
    return listed.toString();
  }
}
