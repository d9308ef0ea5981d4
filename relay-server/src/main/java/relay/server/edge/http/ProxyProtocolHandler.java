package relay.server.edge.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.haproxy.HAProxyCommand;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyProxiedProtocol;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;

/**
 * Believes the header that a trusted proxy sent; where it holds no IP address, it is the proxy's.
 */
final class ProxyProtocolHandler extends SimpleChannelInboundHandler<HAProxyMessage> {

  private final Peer peer;

  ProxyProtocolHandler(Peer peer) {
    this.peer = peer;
  }

  @Override
  protected void channelRead0(ChannelHandlerContext ctx, HAProxyMessage header) {
    HAProxyProxiedProtocol by = header.proxiedProtocol();
    if (header.command() == HAProxyCommand.PROXY
        && (by == HAProxyProxiedProtocol.TCP4 || by == HAProxyProxiedProtocol.TCP6)) {
      peer.relays(
          address(header.sourceAddress(), header.sourcePort()),
          address(header.destinationAddress(), header.destinationPort()));
    }
    ctx.pipeline().remove(this);
  }

  private static InetSocketAddress address(String literal, int port) {
    return new InetSocketAddress(NetUtil.createInetAddressFromIpAddressString(literal), port);
  }
}
