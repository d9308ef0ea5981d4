package relay.server.config;

import io.netty.util.NetUtil;
import java.io.UncheckedIOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.InvalidValue;

/**
 * Where to listen, without a port: {@code localhost}, {@code *} or an IP address. Nothing is looked
 * up in DNS.
 *
 * @param text canonical: {@code localhost}, {@code *}, {@code 127.0.0.1} or {@code ::1}
 */
public record BindHost(String text) {

  static final String EXPECTED = "localhost, * or an IP address of this machine";

  private static final String LOOPBACKS = "localhost";
  private static final String EVERYWHERE = "*";

  public BindHost {
    if (!text.equals(LOOPBACKS) && !text.equals(EVERYWHERE)) {
      InetAddress literal = literal(text);
      if (literal == null) {
        throw new InvalidValue(text, "a host to listen on", EXPECTED);
      }
      text = NetUtil.toAddressString(literal);
    }
  }

  /**
   * Reads a host as a user wrote it; an IPv6 address with or without brackets.
   *
   * @throws InvalidValue where it is none
   */
  public static BindHost of(String text) {
    boolean brackets = text.startsWith("[") && text.endsWith("]") && text.contains(":");
    return new BindHost(brackets ? text.substring(1, text.length() - 1) : text);
  }

  /**
   * The addresses it stands for: of both families, where the machine has an address of them.
   *
   * @throws UncheckedIOException where the machine does not tell its addresses
   */
  public List<InetAddress> resolve() {
    return switch (text) {
      case LOOPBACKS ->
          machineHas(address -> address instanceof Inet6Address && address.isLoopbackAddress())
              ? List.of(address("127.0.0.1"), address("::1"))
              : List.of(address("127.0.0.1"));
      case EVERYWHERE ->
          machineHas(Inet6Address.class::isInstance)
              ? List.of(address("0.0.0.0"), address("::"))
              : List.of(address("0.0.0.0"));
      default -> List.of(address(text));
    };
  }

  @Override
  public String toString() {
    return text;
  }

  private static boolean machineHas(Predicate<InetAddress> wanted) {
    try {
      return NetworkInterface.networkInterfaces()
          .flatMap(NetworkInterface::inetAddresses)
          .anyMatch(wanted);
    } catch (SocketException e) {
      throw new UncheckedIOException("cannot list the machine's addresses", e);
    }
  }

  private static InetAddress address(String text) {
    InetAddress address = literal(text);
    if (address == null) {
      throw new IllegalStateException(text + " was an address before");
    }
    return address;
  }

  /** Null where it is none; a zone, and an octet with leading zeros (octal to some), are none. */
  private static @Nullable InetAddress literal(String text) {
    byte[] octets = NetUtil.createByteArrayFromIpAddressString(text);
    if (octets == null || text.indexOf('%') >= 0 || text.indexOf('[') >= 0) {
      return null;
    }
    try {
      InetAddress address = InetAddress.getByAddress(octets);
      boolean octal = octets.length == 4 && !NetUtil.toAddressString(address).equals(text);
      return octal ? null : address;
    } catch (UnknownHostException e) {
      throw new IllegalStateException(octets.length + " octets are an address", e);
    }
  }
}
