package relay.server.ssh;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.InvalidValue;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.common.stream.Transport;
import relay.server.auth.Grants;
import relay.server.auth.Identity;
import relay.server.config.PermitOpen;
import relay.server.tunnel.RefusedException;

/**
 * Hosts that are no tunnel: whether the server lets a key connect to one, and the connection. The
 * addresses that were checked are the ones connected to, so that a name which changes its mind
 * gains nothing. Immutable; any thread.
 */
public final class OutsideHosts {

  /** One after the other; more would keep the client waiting for a host that is down. */
  private static final int MAX_ADDRESSES = 4;

  private static final Duration LOOKUP = Duration.ofSeconds(10);
  private static final int CONNECT_MILLIS = 5_000;

  private final List<PermitOpen> permitted;
  private final HostLookup lookup;
  private final OutsideAddresses outside;
  private final Transport transport;

  OutsideHosts(
      List<PermitOpen> permitted,
      HostLookup lookup,
      OutsideAddresses outside,
      Transport transport) {
    this.permitted = List.copyOf(permitted);
    this.lookup = lookup;
    this.outside = outside;
    this.transport = transport;
  }

  /**
   * @param permitted what the server's configuration lets be opened
   * @param isOurPort whether the relay listens on a port itself
   */
  public static OutsideHosts of(
      List<PermitOpen> permitted, IntPredicate isOurPort, Transport transport) {
    return new OutsideHosts(
        permitted,
        HostLookup.ofTheMachine(LOOKUP),
        new OutsideAddresses(isOurPort, BindAddresses::isOfThisMachine),
        transport);
  }

  /** Why the host is not connected to, before anything is looked up; or null. */
  @Nullable Refusal refusal(String host, int port, Grants key) {
    boolean byServer =
        permitted.stream()
            .anyMatch(item ->
                item.equals(PermitOpen.LISTED)
                    ? key.permitsOpen(host, port)
                    : item.permits(host, port));
    if (!byServer) {
      boolean listed = permitted.contains(PermitOpen.LISTED);
      return refusal(
          host,
          port,
          listed
              ? "is no tunnel, and not listed by your key's permitopen"
              : "is no tunnel, and the server's permit-open does not list it");
    }
    return key.forbidsOpen(host, port)
        ? refusal(host, port, "is not among your key's permitopen")
        : null;
  }

  /** Whether the host may be opened, and is listed for it by its name: not by a pattern. */
  boolean names(String host, int port, Grants key) {
    return refusal(host, port, key) == null
        && (key.namesOpen(host, port)
            || permitted.stream().anyMatch(item -> item.names(host, port)));
  }

  private static Refusal refusal(String host, int port, String why) {
    return new Refusal(RefusalCode.OPEN_NOT_ALLOWED, shown(host, port) + " " + why);
  }

  private static String shown(String host, int port) {
    return "'" + InvalidValue.shown(host) + ":" + port + "'";
  }

  /**
   * Connects.
   *
   * @param who for whom
   * @return a channel of that loop with auto-read off; fails with a {@link RefusedException}.
   *     Cancelling it gives the connection up
   */
  Future<Channel> connect(Identity who, EventLoop loop, String host, int port) {
    Promise<Channel> result = loop.newPromise();
    Promise<List<InetAddress>> lookedUp = lookup.find(who, host, loop);
    result.addListener(done -> lookedUp.cancel(false));
    lookedUp.addListener((Future<List<InetAddress>> found) -> {
      if (result.isDone()) {
        return;
      }
      if (!found.isSuccess()) {
        fail(result, host, port, reason(found.cause()));
      } else if (!found.getNow().stream().allMatch(one -> outside.contain(one, port))) {
        result.setFailure(
            new RefusedException(
                refusal(
                    host,
                    port,
                    "leads to an address that is not connected to: loopback, link-local,"
                        + " multicast, a cloud's metadata or a listener of the relay")));
      } else {
        connect(loop, host, port, found.getNow(), 0, result);
      }
    });
    return result;
  }

  private void connect(
      EventLoop loop,
      String host,
      int port,
      List<InetAddress> addresses,
      int at,
      Promise<Channel> result) {
    new Bootstrap()
        .group(loop)
        .channel(transport.socketChannel())
        .disableResolver()
        .option(ChannelOption.ALLOCATOR, Transport.ALLOCATOR)
        .option(ChannelOption.AUTO_READ, false)
        .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
        .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_MILLIS)
        .handler(
            new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel channel) {
                Transport.carryStream(channel);
              }
            })
        .connect(new InetSocketAddress(addresses.get(at), port))
        .addListener((ChannelFuture connected) -> {
          if (connected.isSuccess()) {
            if (!result.trySuccess(connected.channel())) {
              connected.channel().close();
            }
          } else if (!result.isDone()) {
            if (at + 1 < Math.min(addresses.size(), MAX_ADDRESSES)) {
              connect(loop, host, port, addresses, at + 1, result);
            } else {
              fail(result, host, port, reason(connected.cause()));
            }
          }
        });
  }

  private static void fail(Promise<Channel> result, String host, int port, String reason) {
    result.tryFailure(
        new RefusedException(
            new Refusal(RefusalCode.CONNECT_FAILED, shown(host, port) + ": " + reason)));
  }

  /** In the words that ssh's users know. */
  private static String reason(Throwable cause) {
    String message = String.valueOf(cause.getMessage());
    if (cause instanceof UnknownHostException) {
      return "Name or service not known";
    } else if (message.contains("refused")) {
      return "Connection refused";
    } else if (message.contains("timed out") || message.contains("too long")) {
      return "Connection timed out";
    } else if (message.contains("unreachable")) {
      return "Network is unreachable";
    }
    return "cannot be connected to";
  }
}
