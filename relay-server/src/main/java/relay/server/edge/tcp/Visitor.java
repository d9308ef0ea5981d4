package relay.server.edge.tcp;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import relay.common.stream.Splice;
import relay.common.stream.Transport;
import relay.server.tunnel.Tunnel;
import relay.server.tunnel.Visit;

/**
 * One visitor of a TCP tunnel, until the stream to the local service is open. Only then is its
 * connection given to an event loop, the tunnel owner's: Netty's epoll reads a connection whose
 * peer has ended its side whether anybody asked for it or not, and there would be nowhere to put
 * that. And a service that is down is seen as a reset, not as a connection that takes bytes and
 * loses them.
 */
final class Visitor {

  private final Channel connection;
  private final Tunnel tunnel;

  private Visitor(Channel connection, Tunnel tunnel) {
    this.connection = connection;
    this.tunnel = tunnel;
  }

  /** Serves a connection that was accepted and is not registered yet. */
  static void accept(Channel connection, Tunnel tunnel) {
    if (!(connection.remoteAddress() instanceof InetSocketAddress from)) {
      connection.unsafe().closeForcibly(); // it has gone already
      return;
    }
    if (tunnel.holder().visitorCame(tunnel) != null) {
      reset(connection);
      return;
    }
    connection.config().setAllocator(Transport.ALLOCATOR);
    Transport.carryStream(connection);
    connection.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    connection.config().setAutoRead(false);
    Visitor visitor = new Visitor(connection, tunnel);
    InetSocketAddress to =
        connection.localAddress() instanceof InetSocketAddress address ? address : null;
    tunnel.upstream().connect(tunnel.eventLoop(), from, to).addListener(visitor::opened);
    tunnel.visits().visit(tunnel, new Visit(NetUtil.toSocketAddressString(from), "TCP", "", 0, 0));
  }

  private void opened(Future<? super Channel> opened) {
    if (!opened.isSuccess()) {
      tunnel.holder().visitorLeft();
      reset(connection);
      return;
    }
    Channel stream = (Channel) opened.getNow();
    ChannelFuture registered = tunnel.eventLoop().register(connection);
    registered.addListener(done -> {
      if (done.isSuccess()) {
        connection.closeFuture().addListener(closed -> tunnel.holder().visitorLeft());
        Splice.join(connection, stream);
      } else {
        tunnel.holder().visitorLeft();
        connection.unsafe().closeForcibly();
        stream.close();
      }
    });
  }

  /** Of one that no loop has yet. */
  private static void reset(Channel connection) {
    connection.config().setOption(ChannelOption.SO_LINGER, 0);
    connection.unsafe().closeForcibly();
  }
}
