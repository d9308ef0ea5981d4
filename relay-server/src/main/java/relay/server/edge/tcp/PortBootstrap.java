package relay.server.edge.tcp;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.ServerChannel;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import relay.common.stream.Transport;
import relay.server.tunnel.Tunnel;

/**
 * Binds listeners on the event loop of the tunnel's owner, and puts each visitor's connection there
 * too: nothing is then handed from one thread to another, not even a visitor. After a takeover the
 * visitors are on the new owner's, while the listener stays.
 */
final class PortBootstrap {

  private static final Logger LOG = LoggerFactory.getLogger(PortBootstrap.class);

  /** How long accepting pauses when the process has no descriptor left. */
  private static final long PAUSE_MS = 1_000;

  /** Whose visitors a listener's are now: a takeover changes it under the listener. */
  static final class Target {
    volatile @Nullable Tunnel tunnel;
  }

  private final Transport transport;

  PortBootstrap(Transport transport) {
    this.transport = transport;
  }

  /**
   * @param loop where visitors are accepted
   */
  ChannelFuture bind(EventLoop loop, InetSocketAddress address, Target target) {
    ServerChannel listener = transport.listener(address.getAddress());
    listener.config().setOption(ChannelOption.SO_BACKLOG, 512);
    listener.config().setOption(ChannelOption.SO_REUSEADDR, true);
    listener.pipeline().addLast(new Acceptor(target));
    ChannelFuture registered = loop.register(listener);
    if (registered.cause() != null) {
      listener.close();
      return registered;
    }
    return listener.bind(address);
  }

  private static final class Acceptor extends ChannelInboundHandlerAdapter {

    private final Target target;

    Acceptor(Target target) {
      this.target = target;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      Channel visitor = (Channel) message;
      Tunnel tunnel = target.tunnel;
      if (tunnel == null) {
        visitor.unsafe().closeForcibly();
        return;
      }
      Visitor.accept(visitor, tunnel);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      LOG.warn(
          "{}: accepting pauses for a second: {}", ctx.channel().localAddress(), cause.toString());
      ctx.channel().config().setAutoRead(false);
      ctx.executor()
          .schedule(
              () -> ctx.channel().config().setAutoRead(true), PAUSE_MS, TimeUnit.MILLISECONDS);
    }
  }
}
