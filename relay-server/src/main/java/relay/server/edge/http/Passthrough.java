package relay.server.edge.http;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.Future;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import relay.common.endpoint.Hostname;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.server.edge.tls.Undecrypted;
import relay.server.tunnel.Route;
import relay.server.tunnel.Tunnel;
import relay.server.tunnel.UpstreamException;
import relay.server.tunnel.Visit;

/** One visitor's way to a tunnel whose TLS is not ended here. */
final class Passthrough implements Undecrypted {

  private static final Logger LOG = LoggerFactory.getLogger(Passthrough.class);

  private final Routes routes;
  private final Peer peer;
  private final Consumer<Channel> spliced;

  Passthrough(Routes routes, Peer peer, Consumer<Channel> spliced) {
    this.routes = routes;
    this.peer = peer;
    this.spliced = spliced;
  }

  @Override
  public @Nullable Future<Channel> open(Hostname name, Channel visitor) {
    EventLoop loop = visitor.eventLoop();
    Route route = routes.encrypted(name);
    if (route instanceof Route.Live live) {
      Tunnel tunnel = live.tunnel();
      Refusal tooMany = tunnel.holder().visitorCame(tunnel);
      if (tooMany != null) {
        return loop.newFailedFuture(new UpstreamException(tooMany));
      }
      visitor.closeFuture().addListener(closed -> tunnel.holder().visitorLeft());
      Visit visit = new Visit(NetUtil.toSocketAddressString(peer.address()), "TLS", "", 0, 0);
      tunnel.visits().visit(tunnel, visit);
      return tunnel.upstream().connect(loop, peer.address(), peer.destination());
    }
    if (route instanceof Route.Held) {
      Refusal why =
          new Refusal(
              RefusalCode.H503_OFFLINE, name + " is kept for its owner, who is not connected");
      return loop.newFailedFuture(new UpstreamException(why));
    }
    return null;
  }

  @Override
  public void refused(Hostname name, Throwable cause) {
    LOG.info("{}: TLS for {} is refused: {}", peer.address(), name, cause.getMessage());
  }

  @Override
  public void passed(Channel visitor) {
    spliced.accept(visitor);
  }
}
