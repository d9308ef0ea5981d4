package relay.server.edge.http;

import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpUtil;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Hostname;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.common.http.Forwarded;
import relay.common.http.RequestHead;
import relay.server.tunnel.Route;
import relay.server.tunnel.Tunnel;

/**
 * What becomes of each request of one visitor's connection, as soon as its head is there. On the
 * connection's event loop.
 */
final class Gate {

  /** What is to be done with a request. */
  sealed interface Verdict {
    /** It goes to a tunnel. */
    record Visit(Tunnel tunnel, Forwarded forwarded) implements Verdict {}

    /** It is to be asked again by https. */
    record Redirect(String host, int port) implements Verdict {}

    /**
     * @param mayGoOn whether another request may follow
     */
    record Refused(Refusal why, boolean mayGoOn) implements Verdict {}
  }

  private final Peer peer;
  private final @Nullable Hostname serverName;
  private final Site site;
  private final Place place = new Place();

  /**
   * @param serverName whom the visitor asked TLS for: requests for others are not answered; null
   *     where there is no TLS, or no name in it
   */
  Gate(Peer peer, @Nullable Hostname serverName, Site site) {
    this.peer = peer;
    this.serverName = serverName;
    this.site = site;
  }

  Verdict judge(RequestHead head, Channel connection) {
    if (serverName != null && !serverName.equals(head.authority().hostname())) {
      String message =
          "this connection is for " + serverName + ", the request for " + head.authority().host();
      Refusal wrong = new Refusal(RefusalCode.H421_WRONG_SERVER, message);
      return new Verdict.Refused(wrong, mayGoOn(head));
    }
    Route route = site.route(head);
    if (route instanceof Route.Live live) {
      return judge(head, live.tunnel(), connection);
    }
    return new Verdict.Refused(site.absent(route, head), mayGoOn(head));
  }

  private Verdict judge(RequestHead head, Tunnel tunnel, Channel connection) {
    Forwarded forwarded =
        Forwarded.of(head, peer.address(), site.config().scheme(), site.config().trusted());
    Refusal tooMuch = place.take(tunnel, connection);
    if (tooMuch == null) {
      tooMuch = site.limits().bodies().refusal(head.length());
    }
    if (tooMuch != null) {
      return new Verdict.Refused(tooMuch, false);
    }
    int httpsPort =
        tunnel.options().forceHttps() && forwarded.scheme().equals("http")
            ? site.config().httpsPort().getAsInt()
            : 0;
    return httpsPort == 0
        ? new Verdict.Visit(tunnel, forwarded)
        : new Verdict.Redirect(site.host(forwarded), httpsPort);
  }

  /** Whether another request may follow one of which nothing more is read. */
  static boolean mayGoOn(RequestHead head) {
    return head.length() == 0 && HttpUtil.isKeepAlive(head);
  }
}
