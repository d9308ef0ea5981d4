package relay.server.ssh;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.RefusalCode;
import relay.common.endpoint.Untrusted;
import relay.server.config.BindHost;
import relay.server.config.GatewayPorts;
import relay.server.tunnel.RefusedException;

/**
 * Where a TCP forward is bound: GatewayPorts of sshd_config(5), as OpenSSH applies it. Immutable.
 */
final class BindAddresses {

  private final GatewayPorts mode;
  private final List<InetAddress> everywhere;
  private final List<InetAddress> loopbacks;
  private final Predicate<InetAddress> isOurs;

  /**
   * @param everywhere what "every interface" stands for
   * @param loopbacks those that the machine has
   * @param isOurs whether the machine has the address
   */
  BindAddresses(
      GatewayPorts mode,
      List<InetAddress> everywhere,
      List<InetAddress> loopbacks,
      Predicate<InetAddress> isOurs) {
    this.mode = mode;
    this.everywhere = List.copyOf(everywhere);
    this.loopbacks = List.copyOf(loopbacks);
    this.isOurs = isOurs;
  }

  static BindAddresses of(GatewayPorts mode, List<BindHost> everywhere) {
    return new BindAddresses(
        mode,
        everywhere.stream().flatMap(host -> host.resolve().stream()).distinct().toList(),
        BindHost.of("localhost").resolve(),
        BindAddresses::isOfThisMachine);
  }

  /** A loopback address need not be listed by an interface: Linux has all of 127.0.0.0/8. */
  static boolean isOfThisMachine(InetAddress address) {
    if (address.isLoopbackAddress()) {
      return true;
    }
    try {
      return NetworkInterface.getByInetAddress(address) != null;
    } catch (SocketException e) {
      return false; // it cannot be bound then either
    }
  }

  /**
   * @param host as the client sent it: nothing, {@code *}, {@code localhost} or an IP literal
   */
  List<InetAddress> of(String host) throws RefusedException {
    return switch (mode) {
      case NO -> {
        InetAddress asked = literal(host);
        yield asked != null && loopbacks.contains(asked) ? List.of(asked) : loopbacks;
      }
      case YES -> everywhere;
      case CLIENTSPECIFIED -> specified(host);
    };
  }

  /** Whether clients say where. */
  boolean isSpecified() {
    return mode == GatewayPorts.CLIENTSPECIFIED;
  }

  private List<InetAddress> specified(String host) throws RefusedException {
    if (host.isEmpty() || host.equals("*")) {
      return everywhere;
    }
    InetAddress asked = literal(host);
    if (asked == null) {
      return loopbacks.stream().allMatch(this::isInside) ? loopbacks : refuse(host);
    }
    if (asked.isAnyLocalAddress()) {
      List<InetAddress> family =
          everywhere.stream().filter(address -> address.getClass() == asked.getClass()).toList();
      return family.isEmpty() ? refuse(host) : family;
    }
    return isOurs.test(asked) && isInside(asked) ? List.of(asked) : refuse(host);
  }

  private boolean isInside(InetAddress asked) {
    return everywhere.stream()
        .anyMatch(address ->
            address.equals(asked)
                || (address.isAnyLocalAddress() && address.getClass() == asked.getClass()));
  }

  private List<InetAddress> refuse(String host) throws RefusedException {
    throw ForwardTable.refused(
        RefusalCode.ADDRESS_NOT_ALLOWED,
        Untrusted.harmless(host)
            + " is not an address that forwards may be bound on; they may on "
            + shown());
  }

  private String shown() {
    return String.join(", ", everywhere.stream().map(NetUtil::toAddressString).toList());
  }

  static List<InetSocketAddress> with(List<InetAddress> addresses, int port) {
    return addresses.stream().map(address -> new InetSocketAddress(address, port)).toList();
  }

  /** An IP address, or null where the text is none. */
  static @Nullable InetAddress literal(String host) {
    byte[] bytes = NetUtil.createByteArrayFromIpAddressString(host);
    if (bytes == null) {
      return null;
    }
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an address has 4 or 16 bytes", e);
    }
  }
}
