package relay.server.tunnel;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.haproxy.HAProxyCommand;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageEncoder;
import io.netty.handler.codec.haproxy.HAProxyProtocolVersion;
import io.netty.handler.codec.haproxy.HAProxyProxiedProtocol;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.Future;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Tells the local service the visitor's address in the stream itself, by HAProxy's PROXY protocol:
 * a header before all else, also before a TLS handshake.
 */
public final class ProxyHeader implements Upstream {

  private final Upstream raw;
  private final Supplier<TunnelOptions> options;

  private ProxyHeader(Upstream raw, Supplier<TunnelOptions> options) {
    this.raw = raw;
    this.options = options;
  }

  /**
   * @param options asked at each connection whether a header is wanted, and in which version
   */
  public static Upstream over(Upstream raw, Supplier<TunnelOptions> options) {
    return new ProxyHeader(raw, options);
  }

  @Override
  public Future<Channel> connect(
      EventLoop loop, InetSocketAddress originator, @Nullable InetSocketAddress destination) {
    Future<Channel> connected = raw.connect(loop, originator, destination);
    int version = options.get().proxyProtocol();
    if (version != 0) {
      connected.addListener(done -> {
        if (done.isSuccess()) {
          send(connected.getNow(), version, originator, destination);
        }
      });
    }
    return connected;
  }

  @Override
  public boolean isTls() {
    return raw.isTls();
  }

  private static void send(
      Channel channel, int version, InetSocketAddress from, @Nullable InetSocketAddress to) {
    boolean known = to != null && from.getAddress() != null;
    if (!known && version == 1) { // Netty's encoder wants addresses there
      channel.writeAndFlush(
          Unpooled.copiedBuffer("PROXY UNKNOWN\r\n", US_ASCII), channel.voidPromise());
      return;
    }
    channel.pipeline().addLast(HAProxyMessageEncoder.INSTANCE);
    channel.writeAndFlush(header(version, from, known ? to : null), channel.voidPromise());
    channel.pipeline().remove(HAProxyMessageEncoder.INSTANCE);
  }

  private static HAProxyMessage header(
      int version, InetSocketAddress from, @Nullable InetSocketAddress to) {
    HAProxyProtocolVersion as =
        version == 1 ? HAProxyProtocolVersion.V1 : HAProxyProtocolVersion.V2;
    if (to == null) {
      return new HAProxyMessage(
          as, HAProxyCommand.PROXY, HAProxyProxiedProtocol.UNKNOWN, null, null, 0, 0);
    }
    boolean four =
        from.getAddress() instanceof Inet4Address && to.getAddress() instanceof Inet4Address;
    return new HAProxyMessage(
        as,
        HAProxyCommand.PROXY,
        four ? HAProxyProxiedProtocol.TCP4 : HAProxyProxiedProtocol.TCP6,
        text(from.getAddress(), four),
        text(to.getAddress(), four),
        from.getPort(),
        to.getPort());
  }

  /** Both addresses are of one family: an IPv4 one beside an IPv6 one is written as mapped. */
  private static String text(InetAddress address, boolean four) {
    String text = NetUtil.toAddressString(address);
    return four || !(address instanceof Inet4Address) ? text : "::ffff:" + text;
  }
}
