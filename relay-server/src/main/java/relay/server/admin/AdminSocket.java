package relay.server.admin;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.LineBasedFrameDecoder;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import relay.common.stream.Transport;

/**
 * Where the operator's commands reach a server that runs: a unix socket (0600) in the data
 * directory. A connection is one request, a line, and its answer.
 */
public final class AdminSocket implements Closeable {

  private static final Logger LOG = LoggerFactory.getLogger(AdminSocket.class);

  /** From accepting a connection to closing it. */
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private static final int MAX_REQUEST = 4096;
  private static final int MAX_CONNECTIONS = 16;

  private final Path path;
  private final Transport transport;
  private final EventLoopGroup loops;
  private final OperatorRequests requests;
  private final ChannelGroup channels = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);

  public AdminSocket(
      Path directory, Transport transport, EventLoopGroup loops, OperatorRequests requests) {
    this.path = in(directory);
    this.transport = transport;
    this.loops = loops;
    this.requests = requests;
  }

  /** The socket of the server that has this data directory. */
  static Path in(Path directory) {
    return directory.resolve("admin.sock");
  }

  /**
   * Makes the socket; it has its name only when nobody else can connect any more. Where it cannot
   * be made, since its path is too long for instance, the log says so and the server does without.
   */
  public CompletableFuture<Void> open() {
    Path fresh = path.resolveSibling(".admin.sock.new");
    CompletableFuture<Channel> bound = new CompletableFuture<>();
    return CompletableFuture.runAsync(
            () -> {
              try {
                Files.deleteIfExists(fresh); // left by a crash
              } catch (IOException e) {
                throw new CompletionException(e);
              }
            })
        .thenCompose(none -> {
          bind(fresh)
              .addListener((ChannelFuture done) -> {
                if (done.isSuccess()) {
                  bound.complete(done.channel());
                } else {
                  bound.completeExceptionally(done.cause());
                }
              });
          return bound;
        })
        .thenAcceptAsync(listener -> {
          try {
            Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rw-------"));
            Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE);
            listener.config().setAutoRead(true);
          } catch (IOException e) {
            listener.close();
            throw new CompletionException(e);
          }
        })
        .exceptionally(failure -> {
          LOG.warn("{} is not there for commands: {}", path, failure.toString());
          return null;
        });
  }

  private ChannelFuture bind(Path socket) {
    ChannelFuture bound =
        new ServerBootstrap()
            .group(loops)
            .channel(transport.unixServerChannel())
            .option(ChannelOption.AUTO_READ, false)
            .option(ChannelOption.ALLOCATOR, Transport.ALLOCATOR)
            .childOption(ChannelOption.ALLOCATOR, Transport.ALLOCATOR)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel connection) {
                    accept(connection);
                  }
                })
            .bind(transport.unixAddress(socket));
    channels.add(bound.channel());
    return bound;
  }

  private void accept(Channel connection) {
    channels.add(connection);
    if (channels.size() > 1 + MAX_CONNECTIONS) {
      connection.close();
      return;
    }
    Future<?> limit =
        connection
            .eventLoop()
            .schedule(() -> connection.close(), LIMIT.toNanos(), TimeUnit.NANOSECONDS);
    connection.closeFuture().addListener(closed -> limit.cancel(false));
    connection.pipeline().addLast(new LineBasedFrameDecoder(MAX_REQUEST), new RequestHandler());
  }

  /** Ends it and every connection. */
  @Override
  public void close() throws IOException {
    channels.close();
    Files.deleteIfExists(path);
  }

  private final class RequestHandler extends SimpleChannelInboundHandler<ByteBuf> {

    private boolean asked;

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, ByteBuf line) {
      if (asked) {
        return;
      }
      asked = true;
      requests
          .answer(line.toString(StandardCharsets.UTF_8))
          .thenAccept(lines -> answer(ctx.channel(), lines));
    }

    private void answer(Channel connection, List<String> lines) {
      String text = String.join("\n", lines) + "\n";
      connection
          .writeAndFlush(Unpooled.copiedBuffer(text, StandardCharsets.UTF_8))
          .addListener(ChannelFutureListener.CLOSE);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      LOG.debug("a command: {}", cause.toString());
      ctx.close(); // a line that was too long, mostly
    }
  }
}
