package relay.server.ssh;

import io.netty.channel.Channel;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.sshd.common.SshConstants;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.common.ssh.ForwardedTcpip;
import relay.common.stream.Splice;
import relay.common.stream.SshConnection;
import relay.common.stream.SshStreamChannel;
import relay.common.stream.StreamOpen;
import relay.server.auth.AuditEvent;
import relay.server.auth.Grants;
import relay.server.tunnel.RefusedException;
import relay.server.tunnel.Tunnel;
import relay.server.tunnel.UpstreamException;
import relay.server.tunnel.Visit;

/**
 * The {@code direct-tcpip} channels of one session (RFC 4254 §7.2): what {@code ssh -L}, {@code
 * -D}, {@code -W} and {@code -J} ask for. A channel is confirmed once its way is open; where it
 * cannot be, it is refused, and nothing else is. On the session's event loop.
 */
final class DirectChannels {

  private static final Logger LOG = LoggerFactory.getLogger(DirectChannels.class);

  private final SshConnection connection;
  private final Ways ways;
  private final OwnerSession owner;
  private final Grants grants;
  private final Set<Future<Channel>> opening = new HashSet<>();

  DirectChannels(SshConnection connection, Ways ways, OwnerSession owner, Grants grants) {
    this.connection = connection;
    this.ways = ways;
    this.owner = owner;
    this.grants = grants;
  }

  void open(StreamOpen open) throws IOException {
    ForwardedTcpip asked = ForwardedTcpip.read(open.details());
    try {
      Way way = ways.find(asked, owner.identity(), grants);
      if (way instanceof Way.Through through) {
        go(open, asked, through.tunnel());
      } else if (way instanceof Way.Outside host) {
        join(
            open,
            asked,
            ways.outside()
                .connect(owner.identity(), connection.eventLoop(), host.host(), host.port()));
      } else if (way instanceof Way.Served served) {
        SshStreamChannel stream = open.accept(connection.eventLoop());
        connected(asked);
        served.entrance().enter(stream, connection.remoteAddress(), served.name());
      }
    } catch (RefusedException e) {
      refuse(open, asked, e.refusal());
    }
  }

  /** The visitor is who connected by ssh: the originator in the request is only his word. */
  private void go(StreamOpen open, ForwardedTcpip asked, Tunnel tunnel) throws IOException {
    Refusal tooMany = tunnel.holder().visitorCame(tunnel);
    if (tooMany != null) {
      refuse(open, asked, tooMany);
      return;
    }
    InetSocketAddress visitor = connection.remoteAddress();
    tunnel
        .visits()
        .visit(tunnel, new Visit(NetUtil.toSocketAddressString(visitor), "TCP", "", 0, 0));
    Future<Channel> connecting = tunnel.upstream().connect(connection.eventLoop(), visitor, null);
    connecting.addListener((Future<Channel> connected) -> {
      if (connected.isSuccess()) {
        connected.getNow().closeFuture().addListener(gone -> tunnel.holder().visitorLeft());
      } else {
        tunnel.holder().visitorLeft();
      }
    });
    join(open, asked, connecting);
  }

  private void join(StreamOpen open, ForwardedTcpip asked, Future<Channel> connecting) {
    opening.add(connecting);
    connecting.addListener((Future<Channel> connected) -> {
      opening.remove(connecting);
      if (connected.isCancelled()) {
        return; // the session is over
      }
      try {
        if (connected.isSuccess()) {
          join(open, asked, connected.getNow());
        } else {
          refuse(open, asked, refusal(connected.cause()));
        }
      } catch (IOException e) {
        LOG.debug("{}: {}", owner.identity(), e.toString());
      }
    });
  }

  private void join(StreamOpen open, ForwardedTcpip asked, Channel far) throws IOException {
    SshStreamChannel near;
    try {
      near = open.accept(connection.eventLoop());
    } catch (IOException e) {
      far.close();
      throw e;
    }
    connected(asked);
    Splice.join(near, far);
  }

  private void connected(ForwardedTcpip asked) {
    owner.audit(AuditEvent.Kind.FORWARD, target(asked), null);
  }

  private static String target(ForwardedTcpip asked) {
    return "to " + Ways.shown(asked);
  }

  private static Refusal refusal(Throwable cause) {
    if (cause instanceof UpstreamException known) {
      return known.refusal();
    }
    return cause instanceof RefusedException refused
        ? refused.refusal()
        : new Refusal(RefusalCode.H503_OFFLINE, "the tunnel has gone");
  }

  private void refuse(StreamOpen open, ForwardedTcpip asked, Refusal why) throws IOException {
    owner.refusals().tell(target(asked), why);
    open.refuse(reason(why.code()), why.line());
  }

  /** As in RFC 4254 §5.1. */
  private static int reason(RefusalCode code) {
    if (code == RefusalCode.H429_TOO_MANY_VISITORS) {
      return SshConstants.SSH_OPEN_RESOURCE_SHORTAGE;
    }
    return code.status() == 0 && code != RefusalCode.CONNECT_FAILED
        ? SshConstants.SSH_OPEN_ADMINISTRATIVELY_PROHIBITED
        : SshConstants.SSH_OPEN_CONNECT_FAILED;
  }

  /** The session is over: what is not open yet is given up. */
  void closeAll() {
    List.copyOf(opening).forEach(connecting -> connecting.cancel(false));
  }
}
