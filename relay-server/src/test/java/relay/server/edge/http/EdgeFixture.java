package relay.server.edge.http;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import relay.common.endpoint.Endpoint;
import relay.common.endpoint.Hostname;
import relay.common.endpoint.Refusal;
import relay.common.stream.Transport;
import relay.server.auth.Identity;
import relay.server.tunnel.Holder;
import relay.server.tunnel.Route;
import relay.server.tunnel.Tunnel;
import relay.server.tunnel.TunnelOptions;
import relay.server.tunnel.Upstream;
import relay.server.tunnel.Visit;

/** A listening edge, and the tunnels that a test gives it. */
final class EdgeFixture implements AutoCloseable {

  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());
  final Map<Hostname, Route> routes = new ConcurrentHashMap<>();
  final List<Visit> visits = new CopyOnWriteArrayList<>();
  final HttpEdge edge;
  final InetSocketAddress address;

  EdgeFixture() throws Exception {
    this(HttpLimits.defaults());
  }

  /** The defaults, but a pause of a slow machine ends no connection that has nothing to do. */
  static EdgeFixture patient() throws Exception {
    HttpLimits limits = HttpLimits.defaults();
    return new EdgeFixture(
        new HttpLimits(
            limits.heads(),
            limits.bodies(),
            limits.head(),
            limits.keepAlive(),
            limits.upstream(),
            limits.send(),
            Duration.ofMinutes(1),
            Duration.ofSeconds(20),
            limits.drain()));
  }

  EdgeFixture(HttpLimits limits) throws Exception {
    edge =
        new HttpEdge(
            Transport.nio(),
            group,
            (host, target) -> routes.getOrDefault(host, new Route.Unknown()),
            config(limits),
            null);
    address =
        edge.bind(List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)))
            .get(10, TimeUnit.SECONDS)
            .get(0);
  }

  static HttpConfig config(HttpLimits limits) {
    return new HttpConfig("http", Hostname.of("localhost"), List.of(), () -> 0, limits);
  }

  SocketUpstream serve(String name, int port) {
    SocketUpstream upstream = new SocketUpstream(port);
    serve(name, upstream);
    return upstream;
  }

  Tunnel serve(String name, Upstream upstream) {
    Hostname host = Hostname.of(name);
    Tunnel tunnel =
        tunnel(group.next(), new Endpoint.Http(host), upstream, () -> TunnelOptions.NONE, visits);
    routes.put(host, new Route.Live(tunnel));
    return tunnel;
  }

  static Tunnel tunnel(
      EventLoop owners,
      Endpoint.Http endpoint,
      Upstream upstream,
      Supplier<TunnelOptions> options,
      List<Visit> visits) {
    return new Tunnel(
        endpoint, new Nobody(owners), upstream, options, (tunnel, visit) -> visits.add(visit));
  }

  Visitor visitor() throws Exception {
    return new Visitor(address);
  }

  @Override
  public void close() throws Exception {
    edge.close().get(10, TimeUnit.SECONDS);
    group.shutdownGracefully(0, 2, TimeUnit.SECONDS).get(10, TimeUnit.SECONDS);
  }

  /** A tunnel needs a holder; the edge asks it for nothing. */
  private record Nobody(EventLoop eventLoop) implements Holder {
    @Override
    public Identity identity() {
      return new Identity("SHA256:none", "nobody");
    }

    @Override
    public Future<Boolean> probe(Duration limit) {
      throw new AssertionError("the edge asks no holder whether it lives");
    }

    @Override
    public void lost(Tunnel tunnel, Refusal why) {}

    @Override
    public void end(Refusal why) {}
  }
}
