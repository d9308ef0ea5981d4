package relay.server.edge.tcp;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import relay.common.stream.Splice;
import relay.server.tunnel.Tunnel;
import relay.server.tunnel.Visit;

/**
 * One visitor of a TCP tunnel, until the stream to the local service is open. Nothing is read
 * before: a service that is down is seen as a reset, not as a connection that takes bytes and loses
 * them.
 */
final class Visitor extends ChannelInboundHandlerAdapter {

  private final Tunnel tunnel;

  Visitor(Tunnel tunnel) {
    this.tunnel = tunnel;
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    Channel visitor = ctx.channel();
    InetSocketAddress from = (InetSocketAddress) visitor.remoteAddress();
    if (from == null) {
      visitor.close();
      return;
    }
    Future<Channel> opening = tunnel.upstream().connect(visitor.eventLoop(), from);
    opening.addListener((Future<Channel> opened) -> opened(visitor, opened));
    visitor.closeFuture().addListener(closed -> opening.cancel(false));
    tunnel.visits().visit(tunnel, new Visit(NetUtil.toSocketAddressString(from), "TCP", "", 0, 0));
  }

  private void opened(Channel visitor, Future<Channel> opened) {
    if (!opened.isSuccess()) {
      Splice.reset(visitor);
    } else if (!visitor.isActive()) {
      opened.getNow().close();
    } else {
      visitor.pipeline().remove(this);
      Splice.join(visitor, opened.getNow());
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    ctx.close();
  }
}
