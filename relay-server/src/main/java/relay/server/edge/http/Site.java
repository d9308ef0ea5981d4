package relay.server.edge.http;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.AddressRange;
import relay.common.endpoint.Hostname;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.common.http.Forwarded;
import relay.common.http.RequestHead;
import relay.server.tunnel.Route;
import relay.server.tunnel.Tunnel;

/**
 * What all connections of one edge share.
 *
 * @param spliced told of a visitor's channel that left HTTP
 * @param pools the idle upstream connections that live on an event loop
 * @param only the one name that there is for who came in by the entrance, whatever his Host says;
 *     null for who came by the public listener
 */
record Site(
    HttpConfig config,
    Routes routes,
    Consumer<Channel> spliced,
    Function<EventLoop, UpstreamPool> pools,
    @Nullable Hostname only) {

  /** As visitors from outside see it. */
  Site(
      HttpConfig config,
      Routes routes,
      Consumer<Channel> spliced,
      Function<EventLoop, UpstreamPool> pools) {
    this(config, routes, spliced, pools, null);
  }

  /** As it is for who may ask for one name, and is nobody's proxy. */
  Site boundTo(Hostname name) {
    return new Site(config.trustingNobody(), routes, spliced, pools, name);
  }

  HttpLimits limits() {
    return config.limits();
  }

  /** Whose the address is that a request asks. */
  Route route(RequestHead head) {
    Hostname hostname = only == null ? head.authority().hostname() : only;
    return hostname == null ? new Route.Unknown() : routes.route(hostname, head.originForm());
  }

  boolean leadsTo(Tunnel tunnel, RequestHead head) {
    Hostname hostname = only == null ? head.authority().hostname() : only;
    return hostname != null && routes.isLive(tunnel, hostname, head.originForm());
  }

  /** Why a request is not answered whose route is no tunnel's. */
  Refusal absent(Route route, RequestHead head) {
    String host = only == null ? head.authority().host() : only.value();
    if (route instanceof Route.Encrypted) {
      return new Refusal(
          RefusalCode.H421_WRONG_SERVER,
          host + " is served by TLS alone, to who asks for it by name (SNI)");
    }
    return route instanceof Route.Held
        ? new Refusal(
            RefusalCode.H503_OFFLINE, host + " is kept for its owner, who is not connected")
        : new Refusal(RefusalCode.H404_UNKNOWN_NAME, "there is no tunnel at " + host);
  }

  /** The host of the public URL that was asked for. */
  String host(Forwarded visit) {
    return only == null ? visit.authority().host() : only.value();
  }

  /** Whether the peer's word about the visitor counts. */
  boolean trusts(InetSocketAddress peer) {
    for (AddressRange range : config.trusted()) {
      if (range.contains(peer.getAddress())) {
        return true;
      }
    }
    return false;
  }
}
