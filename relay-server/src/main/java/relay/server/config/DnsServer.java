package relay.server.config;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import relay.common.endpoint.InvalidValue;

/** A DNS server to be asked: an IP address, with a port where it is not 53. */
public record DnsServer(InetSocketAddress address) {

  private static final String EXPECTED =
      "an IP address, with a port or without, such as 9.9.9.9, 127.0.0.1:5353 or [::1]:53";
  private static final int PORT = 53;

  /**
   * Reads an address as a user wrote it.
   *
   * @throws InvalidValue where it is none
   */
  public static DnsServer of(String text) {
    InetAddress alone = NetUtil.createInetAddressFromIpAddressString(text);
    if (alone != null) {
      return new DnsServer(new InetSocketAddress(alone, PORT));
    }
    int colon = text.lastIndexOf(':');
    String port = text.substring(colon + 1);
    String host = colon < 0 ? "" : text.substring(0, colon);
    boolean bracketed = host.startsWith("[") && host.endsWith("]");
    InetAddress address =
        NetUtil.createInetAddressFromIpAddressString(
            bracketed ? host.substring(1, host.length() - 1) : host);
    if (address == null
        || bracketed == NetUtil.isValidIpV4Address(host)
        || !port.matches("[0-9]{1,5}")
        || Integer.parseInt(port) < 1
        || Integer.parseInt(port) > 65_535) {
      throw new InvalidValue(text, "a DNS server", EXPECTED);
    }
    return new DnsServer(new InetSocketAddress(address, Integer.parseInt(port)));
  }
}
