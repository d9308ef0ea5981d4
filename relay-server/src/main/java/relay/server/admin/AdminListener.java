package relay.server.admin;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import relay.common.stream.Binding;
import relay.common.stream.Transport;

/**
 * The operator's HTTP/1.1 listener: {@code /healthz} says 200 while the process lives, {@code
 * /readyz} 200 while it serves and 503 while it starts or stops. One request a connection, which
 * ends within {@link #LIMIT} whatever its other side does. Methods may be called from any thread.
 */
public final class AdminListener {

  /** From accepting a connection to closing it. */
  static final Duration LIMIT = Duration.ofSeconds(10);

  /** Probes come one by one; a flood of them is not served. */
  private static final int MAX_CONNECTIONS = 64;

  private static final int MAX_REQUEST_LINE = 1024;
  private static final int MAX_HEADERS = 8192;

  private final Transport transport;
  private final EventLoopGroup loops;
  private final BooleanSupplier ready;
  private final ChannelGroup listeners = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private final ChannelGroup connections =
      new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);

  /**
   * @param ready whether the server serves; asked for each request, on any thread
   */
  public AdminListener(Transport transport, EventLoopGroup loops, BooleanSupplier ready) {
    this.transport = transport;
    this.loops = loops;
    this.ready = ready;
  }

  /**
   * Listens on all of {@code addresses}, or on none.
   *
   * @return the addresses really bound; fails with a {@link relay.common.stream.BindFailure}
   */
  public Future<List<InetSocketAddress>> bind(List<InetSocketAddress> addresses) {
    ServerBootstrap template =
        new ServerBootstrap()
            .group(loops)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel connection) {
                    accept(connection);
                  }
                });
    return Binding.bind(transport, template, addresses, listeners);
  }

  private void accept(Channel connection) {
    if (connections.size() >= MAX_CONNECTIONS) {
      connection.close();
      return;
    }
    connections.add(connection);
    Future<?> limit =
        connection
            .eventLoop()
            .schedule(
                () -> {
                  connection.close();
                },
                LIMIT.toNanos(),
                TimeUnit.NANOSECONDS);
    connection.closeFuture().addListener(closed -> limit.cancel(false));
    HttpDecoderConfig decoder =
        new HttpDecoderConfig()
            .setMaxInitialLineLength(MAX_REQUEST_LINE)
            .setMaxHeaderSize(MAX_HEADERS);
    connection.pipeline().addLast(new HttpServerCodec(decoder), new AdminHandler(ready));
  }

  /** Closes everything. */
  public Future<Void> close() {
    listeners.close();
    return connections.close();
  }
}
