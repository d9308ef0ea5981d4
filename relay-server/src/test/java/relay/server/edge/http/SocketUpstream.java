package relay.server.edge.http;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.server.tunnel.Upstream;
import relay.server.tunnel.UpstreamException;

/** Plain TCP to a local port, with what an SSH stream promises. */
final class SocketUpstream implements Upstream {

  final AtomicInteger opened = new AtomicInteger();
  private final int port;

  SocketUpstream(int port) {
    this.port = port;
  }

  @Override
  public Future<Channel> connect(
      EventLoop loop, InetSocketAddress originator, @Nullable InetSocketAddress destination) {
    opened.incrementAndGet();
    Promise<Channel> promise = loop.newPromise();
    ChannelFuture connected =
        new Bootstrap()
            .group(loop)
            .channel(NioSocketChannel.class)
            .option(ChannelOption.AUTO_READ, false)
            .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .option(ChannelOption.TCP_NODELAY, true)
            .handler(new ChannelInboundHandlerAdapter())
            .connect(InetAddress.getLoopbackAddress(), port);
    connected.addListener(done -> {
      if (!done.isSuccess()) {
        promise.tryFailure(
            new UpstreamException(
                new Refusal(
                    RefusalCode.H502_NOTHING_LISTENING, "nothing listens on port " + port)));
      } else if (!promise.trySuccess(connected.channel())) {
        connected.channel().close();
      }
    });
    return promise;
  }
}
