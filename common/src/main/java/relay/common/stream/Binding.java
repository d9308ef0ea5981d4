package relay.common.stream;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.group.ChannelGroup;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * Listens on several addresses, or on none of them: a port that is taken in one family only would
 * lead half of the visitors to another process. Where port 0 is asked for, all get the same port.
 * Its state is touched on one event loop only.
 */
public final class Binding {

  /** Somebody may hold, in one family, the port that the other one just gave us. */
  private static final int TRIES = 8;

  private final Transport transport;
  private final ServerBootstrap template;
  private final List<InetSocketAddress> addresses;
  private final Promise<List<Channel>> promise;
  private final EventLoop loop;
  private final List<Channel> bound = new ArrayList<>();
  private int tries;

  private Binding(
      Transport transport,
      ServerBootstrap template,
      List<InetSocketAddress> addresses,
      EventLoop loop) {
    this.transport = transport;
    this.template = template;
    this.addresses = addresses;
    this.promise = loop.newPromise();
    this.loop = loop;
  }

  /**
   * Any thread.
   *
   * @param template with its groups and handlers, without a channel type; the allocator is set here
   * @param addresses as {@code ListenAddress.resolve()} gives them; all of one port
   * @return the listening channels, in the order of the addresses; fails with a {@link
   *     BindFailure}, and then nothing listens any more
   */
  public static Future<List<Channel>> bind(
      Transport transport, ServerBootstrap template, List<InetSocketAddress> addresses) {
    EventLoop loop = template.config().group().next();
    Binding binding = new Binding(transport, template, transport.distinct(addresses), loop);
    loop.execute(binding::next);
    return binding.promise;
  }

  /**
   * As {@link #bind(Transport, ServerBootstrap, List)}.
   *
   * @param listeners gets the listening channels
   * @return the addresses really bound
   */
  public static Future<List<InetSocketAddress>> bind(
      Transport transport,
      ServerBootstrap template,
      List<InetSocketAddress> addresses,
      ChannelGroup listeners) {
    Promise<List<InetSocketAddress>> result = template.config().group().next().newPromise();
    bind(transport, template, addresses)
        .addListener((Future<List<Channel>> bound) -> {
          if (!bound.isSuccess()) {
            result.setFailure(bound.cause());
            return;
          }
          listeners.addAll(bound.getNow());
          result.setSuccess(
              bound.getNow().stream()
                  .map(listener -> (InetSocketAddress) listener.localAddress())
                  .toList());
        });
    return result;
  }

  private void next() {
    if (bound.size() == addresses.size()) {
      promise.trySuccess(List.copyOf(bound));
      return;
    }
    InetSocketAddress wanted = addresses.get(bound.size());
    InetSocketAddress address = wanted;
    if (wanted.getPort() == 0 && !bound.isEmpty()) {
      InetSocketAddress first = (InetSocketAddress) bound.get(0).localAddress();
      address = new InetSocketAddress(wanted.getAddress(), first.getPort());
    }
    InetSocketAddress asked = address;
    ChannelFuture listening = bootstrap(asked.getAddress()).bind(asked);
    listening.addListener(done -> loop.execute(() -> bound(listening, wanted, asked)));
  }

  private void bound(ChannelFuture listening, InetSocketAddress wanted, InetSocketAddress asked) {
    if (listening.isSuccess()) {
      bound.add(listening.channel());
      next();
      return;
    }
    BindFailure failure = new BindFailure(asked, listening.cause());
    boolean again =
        wanted.getPort() == 0
            && !bound.isEmpty()
            && failure.reason() == BindFailure.Reason.IN_USE
            && ++tries < TRIES;
    closeAll(again ? this::next : () -> promise.tryFailure(failure));
  }

  /** Closes what is bound, one after the other; then {@code then}. */
  private void closeAll(Runnable then) {
    if (bound.isEmpty()) {
      then.run();
      return;
    }
    Channel last = bound.remove(bound.size() - 1);
    last.close().addListener(done -> loop.execute(() -> closeAll(then)));
  }

  private ServerBootstrap bootstrap(InetAddress address) {
    ServerBootstrap bootstrap =
        template
            .clone()
            .channelFactory(transport.listeners(address))
            .option(ChannelOption.ALLOCATOR, Transport.ALLOCATOR)
            .childOption(ChannelOption.ALLOCATOR, Transport.ALLOCATOR);
    return transport.separatesFamilies() && !(address instanceof Inet4Address)
        ? bootstrap.option(Transport.IPV6_ONLY, 1)
        : bootstrap;
  }
}
