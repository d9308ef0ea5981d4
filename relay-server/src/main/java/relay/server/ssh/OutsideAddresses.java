package relay.server.ssh;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.AddressRange;

/**
 * Which addresses are never connected to for a client, whoever permits them: those that mean
 * something else on the relay's machine than elsewhere, and the relay's own listeners. Immutable.
 */
final class OutsideAddresses {

  private static final List<AddressRange> REFUSED =
      ranges(
          "0.0.0.0/8", // this host
          "127.0.0.0/8",
          "169.254.0.0/16", // link-local; 169.254.169.254 is the metadata service of most clouds
          "224.0.0.0/3", // multicast, reserved, broadcast
          "100.100.100.200", // Alibaba's metadata service
          "168.63.129.16", // Azure's
          "192.0.0.192", // Oracle's older one
          "::1",
          "::",
          "fe80::/10",
          "ff00::/8",
          "64:ff9b:1::/48", // NAT64 of the site's own (RFC 8215): where the IPv4 address is, it
          // knows
          "2001::/32", // Teredo (RFC 4380): two IPv4 addresses, and nobody serves there
          "fd00:ec2::254", // Amazon's metadata service
          "fd20:ce::254"); // Google's

  private final IntPredicate isOurPort;
  private final Predicate<InetAddress> isOurAddress;

  /**
   * @param isOurPort whether the relay listens on a port itself
   * @param isOurAddress whether the machine has an address
   */
  OutsideAddresses(IntPredicate isOurPort, Predicate<InetAddress> isOurAddress) {
    this.isOurPort = isOurPort;
    this.isOurAddress = isOurAddress;
  }

  private static List<AddressRange> ranges(String... texts) {
    return Arrays.stream(texts).map(AddressRange::of).toList();
  }

  /** Whether a connection may be made. Any thread. */
  boolean contain(InetAddress address, int port) {
    InetAddress inner = inner(address);
    return isOutside(address)
        && (inner == null || isOutside(inner))
        && !(isOurPort.test(port) && isOurAddress.test(inner == null ? address : inner));
  }

  private static boolean isOutside(InetAddress address) {
    return REFUSED.stream().noneMatch(range -> range.contains(address));
  }

  /**
   * The IPv4 address that an IPv6 one stands for: mapped or compatible (RFC 4291 §2.5.5),
   * translated (RFC 2765 §2.1), of 6to4 (RFC 3056) or of NAT64 (RFC 6052 §2.1); or null.
   */
  private static @Nullable InetAddress inner(InetAddress address) {
    if (!(address instanceof Inet6Address)) {
      return null;
    }
    byte[] octets = address.getAddress();
    if (octets[0] == 0x20 && octets[1] == 0x02) {
      return four(octets, 2);
    }
    boolean nat64 = startsWith(octets, 0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0);
    boolean mapped = startsWith(octets, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff);
    boolean translated = startsWith(octets, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0);
    boolean compatible = startsWith(octets, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    return nat64 || mapped || translated || compatible ? four(octets, 12) : null;
  }

  private static boolean startsWith(byte[] octets, int... start) {
    for (int i = 0; i < start.length; i++) {
      if ((octets[i] & 0xff) != start[i]) {
        return false;
      }
    }
    return true;
  }

  private static Inet4Address four(byte[] octets, int at) {
    try {
      return (Inet4Address) InetAddress.getByAddress(Arrays.copyOfRange(octets, at, at + 4));
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an address has 4 octets", e);
    }
  }
}
