package relay.server.edge.http;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.netty.util.concurrent.Promise;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Hostname;
import relay.common.stream.Binding;
import relay.common.stream.Splice;
import relay.common.stream.Transport;
import relay.server.edge.tls.TlsTermination;
import relay.server.tunnel.Entrance;

/**
 * A public HTTP/1.1 listener, plain or with TLS. What it accepts, and what comes in by {@link
 * #enter}, goes through the same handlers: {@code RequestDecoder} (with the framing guard), {@code
 * AnswerEncoder}, {@link VisitorHandler}. All methods may be called from any thread unless they say
 * otherwise.
 */
public final class HttpEdge implements Entrance {

  /** Connections that the kernel completed and nobody accepted yet; it caps this at somaxconn. */
  private static final int BACKLOG = 4096;

  private final EventLoopGroup workers;
  private final Transport transport;
  private final @Nullable TlsTermination tls;
  private final Site site;
  private final ChannelGroup listeners = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private final ChannelGroup visitors = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
  private final ChannelGroup spliced = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
  private final Map<EventLoop, UpstreamPool> pools = new ConcurrentHashMap<>();
  private volatile boolean draining;

  /**
   * @param workers the loops of listeners, visitors' and upstream connections
   * @param tls makes it the HTTPS listener; null for plain HTTP
   */
  public HttpEdge(
      Transport transport,
      EventLoopGroup workers,
      Routes routes,
      HttpConfig config,
      @Nullable TlsTermination tls) {
    this.workers = workers;
    this.transport = transport;
    this.tls = tls;
    this.site = new Site(config, routes, this::spliced, this::pool);
  }

  /**
   * Listens on all of {@code addresses}, or on none.
   *
   * @return the addresses really bound, in the same order; fails with a {@link
   *     relay.common.stream.BindFailure}
   */
  public Future<List<InetSocketAddress>> bind(List<InetSocketAddress> addresses) {
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(workers)
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .option(ChannelOption.SO_REUSEADDR, true)
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel listener) {
                    listener.pipeline().addLast(new AcceptHandler());
                  }
                })
            .childOption(ChannelOption.AUTO_READ, false)
            .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .childOption(ChannelOption.SO_KEEPALIVE, true)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel visitor) {
                    Transport.carryStream(visitor);
                    if (visitor.remoteAddress() instanceof InetSocketAddress originator) {
                      accepted(visitor, originator);
                    } else {
                      visitor.close(); // it has gone already
                    }
                  }
                });
    return Binding.bind(transport, bootstrap, addresses, listeners);
  }

  @Override
  public void enter(Channel stream, InetSocketAddress originator, Hostname name) {
    if (!admit(stream)) {
      return;
    }
    Peer peer = new Peer(originator, null);
    Site bound = site.boundTo(name);
    if (tls == null) {
      VisitorHandler.install(stream, peer, null, bound);
    } else {
      tls.install(stream, serverName -> VisitorHandler.install(stream, peer, null, bound));
    }
  }

  private void accepted(Channel visitor, InetSocketAddress originator) {
    if (!admit(visitor)) {
      return;
    }
    InetSocketAddress to =
        visitor.localAddress() instanceof InetSocketAddress address ? address : null;
    Peer peer = new Peer(originator, to);
    if (site.trusts(originator)) {
      visitor.pipeline().addLast(new ProxyProtocolDetector(peer));
    }
    if (tls == null) {
      install(visitor, peer, null);
    } else {
      tls.install(
          visitor,
          new Passthrough(site.routes(), peer, this::spliced),
          serverName -> install(visitor, peer, serverName));
    }
  }

  private boolean admit(Channel visitor) {
    visitors.add(visitor);
    if (draining) { // looked at after adding: either this sees drain(), or drain() sees the visitor
      visitor.close();
      return false;
    }
    return true;
  }

  private void install(Channel visitor, Peer peer, @Nullable Hostname serverName) {
    VisitorHandler.install(visitor, peer, serverName, site);
  }

  private void spliced(Channel visitor) {
    spliced.add(visitor);
    visitors.remove(visitor);
    if (draining) { // it may be among those that drain() waits for
      visitor.close();
    }
  }

  private UpstreamPool pool(EventLoop of) {
    return pools.computeIfAbsent(
        of, loop -> new UpstreamPool(loop, site.limits().pooled().toNanos()));
  }

  /** How many visitors are connected. */
  public int visitorCount() {
    return visitors.size() + spliced.size();
  }

  /** Closes the listeners; connections go on. */
  public Future<Void> stopAccepting() {
    return listeners.close();
  }

  /**
   * Stops accepting, closes idle connections and lets requests in flight end. What left HTTP (a
   * WebSocket, for instance) has no end to wait for, and is closed when the requests have ended;
   * all is at the latest after {@link HttpLimits#drain}.
   *
   * @return completes when no connection is left
   */
  public Future<Void> drain() {
    draining = true;
    stopAccepting();
    for (Channel visitor : visitors) {
      visitor.eventLoop().execute(() -> leave(visitor));
    }
    EventExecutor executor = GlobalEventExecutor.INSTANCE;
    Promise<Void> drained = executor.newPromise();
    Future<?> limit =
        executor.schedule(this::close, site.limits().drain().toNanos(), TimeUnit.NANOSECONDS);
    visitors
        .newCloseFuture()
        .addListener(gone -> {
          limit.cancel(false);
          spliced.close().addListener(done -> drained.setSuccess(null));
        });
    return drained;
  }

  private static void leave(Channel visitor) {
    if (visitor.pipeline().get(VisitorHandler.class) == null) {
      visitor.close(); // no request can be in flight yet
    } else {
      visitor.pipeline().fireUserEventTriggered(VisitorHandler.Order.LEAVE);
    }
  }

  /**
   * Closes everything at once; TLS does not say that what is in flight was whole.
   *
   * @return completes when no connection is left
   */
  public Future<Void> close() {
    draining = true;
    listeners.close();
    spliced.close();
    for (Channel visitor : visitors) {
      visitor.eventLoop().execute(() -> Splice.drop(visitor));
    }
    return visitors.newCloseFuture();
  }
}
