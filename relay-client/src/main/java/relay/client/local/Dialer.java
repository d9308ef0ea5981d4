package relay.client.local;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import relay.common.stream.Transport;

/**
 * TCP connections of this process, all on one event loop, and a thread for what blocks: names,
 * files, questions. All methods on any thread; all futures complete on the loop.
 */
public final class Dialer {

  private final EventLoopGroup group;
  private final EventLoop loop;
  private final Class<? extends SocketChannel> type;
  private final ExecutorService blocking =
      Executors.newSingleThreadExecutor(new DefaultThreadFactory("relay-blocking", true));

  public Dialer() {
    Transport transport = Transport.best();
    group = transport.group("relay", 1);
    loop = group.next();
    type = transport.socketChannel();
  }

  public EventLoop loop() {
    return loop;
  }

  /** Runs what may block, one after another. */
  public <T> Future<T> blocking(Callable<T> action) {
    Promise<T> result = loop.newPromise();
    blocking.execute(() -> {
      try {
        result.trySuccess(action.call());
      } catch (Exception e) {
        result.tryFailure(e);
      }
    });
    return result;
  }

  /** The addresses of {@code host}, a name or an IP literal, with {@code port}. Blocking. */
  public static List<InetSocketAddress> resolve(String host, int port) throws Exception {
    List<InetSocketAddress> addresses = new ArrayList<>();
    for (InetAddress address : InetAddress.getAllByName(host)) {
      addresses.add(new InetSocketAddress(address, port));
    }
    return addresses;
  }

  /**
   * Connects to the first address that answers, in their order.
   *
   * @param timeout how long each may take
   * @return an active channel with auto-read off, half-close on and an empty pipeline; fails as the
   *     first address did
   */
  public Future<Channel> dial(List<InetSocketAddress> addresses, Duration timeout) {
    Promise<Channel> connected = loop.newPromise();
    Bootstrap bootstrap =
        new Bootstrap()
            .group(loop)
            .channel(type)
            .option(ChannelOption.ALLOCATOR, Transport.ALLOCATOR)
            .option(ChannelOption.AUTO_READ, false)
            .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) timeout.toMillis())
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    Transport.carryStream(channel); // its user adds what it needs
                  }
                });
    dialNext(bootstrap, List.copyOf(addresses), 0, null, connected);
    return connected;
  }

  private static void dialNext(
      Bootstrap bootstrap,
      List<? extends SocketAddress> addresses,
      int next,
      @Nullable Throwable firstFailure,
      Promise<Channel> connected) {
    bootstrap
        .connect(addresses.get(next))
        .addListener((ChannelFuture attempt) -> {
          if (attempt.isSuccess()) {
            if (!connected.trySuccess(attempt.channel())) {
              attempt.channel().close();
            }
            return;
          }
          Throwable failure = firstFailure == null ? attempt.cause() : firstFailure;
          if (next + 1 < addresses.size() && !connected.isDone()) {
            dialNext(bootstrap, addresses, next + 1, failure, connected);
          } else {
            connected.tryFailure(failure);
          }
        });
  }

  /** Ends the loop and with it every connection. */
  public Future<?> close() {
    blocking.shutdownNow();
    return group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
