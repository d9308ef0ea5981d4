package relay.server.config;

import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.InvalidValue;
import relay.common.endpoint.PortRange;

/**
 * Where a listener listens: {@code localhost:2222} (each loopback address that the machine has),
 * {@code *:2222} or {@code :2222} (every interface of both families), {@code 127.0.0.1:0}, {@code
 * [::1]:2222}, or {@code off}.
 *
 * @param host null where it is off
 * @param port 0 to 65535; 0 means any, the same on every address
 */
public record ListenAddress(@Nullable BindHost host, int port) {

  /** Listens nowhere. */
  public static final ListenAddress OFF = new ListenAddress(null, 0);

  private static final String EXPECTED =
      "host:port, where host is " + BindHost.EXPECTED + ", such as localhost:2222, or off";
  private static final int MAX_PORT_DIGITS = 5;

  /**
   * Reads an address as a user wrote it.
   *
   * @throws InvalidValue where it is none
   */
  public static ListenAddress of(String text) {
    if (text.equals("off")) {
      return OFF;
    }
    int colon = text.lastIndexOf(':');
    if (colon < 0) {
      throw new InvalidValue(text, "an address to listen on", EXPECTED);
    }
    String host = text.substring(0, colon);
    int port = port(text.substring(colon + 1));
    boolean bareIpv6 = host.indexOf(':') >= 0 && !host.startsWith("[");
    if (port < 0 || bareIpv6) {
      throw new InvalidValue(text, "an address to listen on", EXPECTED);
    }
    try {
      return new ListenAddress(host.isEmpty() ? new BindHost("*") : BindHost.of(host), port);
    } catch (InvalidValue e) {
      throw new InvalidValue(text, "an address to listen on", EXPECTED);
    }
  }

  /** Whether it listens anywhere. */
  public boolean isOn() {
    return host != null;
  }

  /** The socket addresses to bind, all of them or none; empty where it is off. */
  public List<InetSocketAddress> resolve() {
    return host == null
        ? List.of()
        : host.resolve().stream().map(address -> new InetSocketAddress(address, port)).toList();
  }

  @Override
  public String toString() {
    if (host == null) {
      return "off";
    }
    return (host.text().indexOf(':') < 0 ? host.text() : "[" + host.text() + "]") + ":" + port;
  }

  /** 0 to 65535, or -1 where it is no port. */
  private static int port(String text) {
    if (text.isEmpty() || text.length() > MAX_PORT_DIGITS) {
      return -1;
    }
    int port = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9') {
        return -1;
      }
      port = port * 10 + (c - '0');
    }
    return port <= PortRange.MAX ? port : -1;
  }
}
