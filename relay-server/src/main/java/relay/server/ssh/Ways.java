package relay.server.ssh;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Endpoint;
import relay.common.endpoint.Hostname;
import relay.common.endpoint.InvalidValue;
import relay.common.endpoint.PortRange;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.common.ssh.ForwardedTcpip;
import relay.server.auth.Grants;
import relay.server.auth.Identity;
import relay.server.tunnel.Entrance;
import relay.server.tunnel.RefusedException;
import relay.server.tunnel.Route;
import relay.server.tunnel.Tunnel;
import relay.server.tunnel.TunnelRegistry;

/**
 * What the host and port of a {@code direct-tcpip} channel (RFC 4254 §7.2) mean: a tunnel of this
 * relay, by the registry, and for an HTTP tunnel by the edge. The machine's own loopback interface
 * is never meant. Immutable.
 */
final class Ways {

  private static final Hostname LOCALHOST = Hostname.of("localhost");

  private final TunnelRegistry registry;
  private final Supplier<PublicUrls> urls;
  private final Entrance http;
  private final @Nullable Entrance https;
  private final OutsideHosts outside;

  /**
   * @param https null where HTTPS is off
   */
  Ways(
      TunnelRegistry registry,
      Supplier<PublicUrls> urls,
      Entrance http,
      @Nullable Entrance https,
      OutsideHosts outside) {
    this.registry = registry;
    this.urls = urls;
    this.http = http;
    this.https = https;
    this.outside = outside;
  }

  /**
   * A tunnel goes before a host of the same name, but for a host that is listed by its very name
   * and somebody else's tunnel: whoever takes that name would get the host's visitors.
   *
   * @param key what the client's key says of hosts that are opened, tunnels included
   * @throws RefusedException where there is nothing, or nothing for this identity: the message does
   *     not tell which
   */
  Way find(ForwardedTcpip asked, Identity who, Grants key) throws RefusedException {
    if (asked.port() == 0 || asked.port() > PortRange.MAX) {
      throw ForwardTable.refused(
          RefusalCode.PORT_INVALID, "port " + asked.port() + " is none; they are 1 to 65535");
    }
    int port = (int) asked.port();
    Hostname host = Hostname.parse(asked.host());
    if (isHere(asked.host(), host)) {
      Tunnel tunnel = registry.find(new Endpoint.Tcp(port));
      if (tunnel == null) {
        throw ForwardTable.refused(
            RefusalCode.NO_SUCH_TUNNEL,
            "'" + shown(asked) + "' means the relay's TCP tunnel on that port, and there is none");
      }
      return permitted(new Way.Through(tunnel), asked, null, key);
    }
    Hostname name = host == null ? null : name(host);
    boolean listed = isPlain(host) && outside.names(asked.host(), port, key);
    boolean anothers = name != null && !registry.isOwnedBy(name, who);
    Way way = name == null || (listed && anothers) ? null : ofName(name, port, who);
    if (way != null) {
      return permitted(way, asked, name, key);
    }
    Refusal refusal = outside.refusal(asked.host(), port, key);
    boolean tunnels = name != null && !listed && registry.isOwned(name);
    if (refusal == null && !tunnels && (host == null || !host.isUnder(urls.get().domain()))) {
      return new Way.Outside(asked.host(), port);
    }
    throw new RefusedException(
        name == null && refusal != null
            ? refusal
            : new Refusal(
                RefusalCode.NO_SUCH_TUNNEL,
                "there is no '"
                    + shown(asked)
                    + "' that your key may connect to; its owner lets others in by"
                    + " allow=SHA256:… or allow=any"));
  }

  /** Whether it is a label alone: anybody may take it as a name, and it may be a host's. */
  private static boolean isPlain(@Nullable Hostname host) {
    return host != null && host.value().indexOf('.') < 0;
  }

  /** A name may be listed as it was asked for, in full, or by its label. */
  private static Way permitted(Way way, ForwardedTcpip asked, @Nullable Hostname name, Grants key)
      throws RefusedException {
    int port = (int) asked.port();
    if (key.forbidsOpen(asked.host(), port)
        && (name == null
            || (key.forbidsOpen(name.value(), port) && key.forbidsOpen(name.firstLabel(), port)))) {
      throw ForwardTable.refused(
          RefusalCode.OPEN_NOT_ALLOWED,
          "'" + shown(asked) + "' is not among what your key may open");
    }
    return way;
  }

  /** The alias on a port, or the HTTP tunnels where visitors would ask for them by URL. */
  private @Nullable Way ofName(Hostname name, int port, Identity who) throws RefusedException {
    Tunnel alias = registry.find(new Endpoint.Alias(name, port));
    if (alias != null && alias.admits(who)) {
      return new Way.Through(alias);
    }
    String scheme = urls.get().scheme(port);
    if (scheme == null) {
      return null;
    }
    if (scheme.equals("https") && registry.encrypted(name) instanceof Route.Live tls) {
      return new Way.Through(tls.tunnel());
    }
    if (!registry.servesHttp(name)) {
      if (registry.route(name, "/") instanceof Route.Held) {
        throw ForwardTable.refused(
            RefusalCode.H503_OFFLINE, name + " is kept for its owner, who is not connected");
      }
      return null;
    }
    Entrance entrance = scheme.equals("https") ? https : http;
    if (entrance == null) {
      throw ForwardTable.refused(
          RefusalCode.HTTPS_OFF,
          "the server speaks no TLS; ask for '" + name.firstLabel() + ":80', which is plain HTTP");
    }
    return new Way.Served(entrance, name);
  }

  /** Whether the relay itself is meant: its TCP tunnels are told as {@code domain:port}. */
  private boolean isHere(String text, @Nullable Hostname host) {
    if (host != null) {
      return host.equals(LOCALHOST) || host.equals(urls.get().domain());
    }
    InetAddress address = BindAddresses.literal(text);
    return address != null && isLocalhost(address);
  }

  private static boolean isLocalhost(InetAddress address) {
    return switch (NetUtil.toAddressString(address)) {
      case "127.0.0.1", "::1" -> true;
      default -> false;
    };
  }

  /** The tunnels' name that a host stands for, or null where it can be none. */
  private @Nullable Hostname name(Hostname host) {
    Hostname domain = urls.get().domain();
    if (host.isUnder(domain)) {
      return host;
    }
    return isPlain(host) ? Hostname.parse(host + "." + domain) : null;
  }

  /** Where hosts are that are no tunnel. */
  OutsideHosts outside() {
    return outside;
  }

  static String shown(ForwardedTcpip asked) {
    return InvalidValue.shown(asked.host()) + ":" + asked.port();
  }
}
