package relay.server.ssh;

import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import relay.common.endpoint.Endpoint;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.common.ssh.TcpipForward;
import relay.common.stream.GlobalRequest;
import relay.common.stream.SshConnection;
import relay.server.tunnel.Claims.Claimant;
import relay.server.tunnel.Lease;
import relay.server.tunnel.LocalTls;
import relay.server.tunnel.RefusedException;
import relay.server.tunnel.Tunnel;
import relay.server.tunnel.Upstream;

/**
 * The forwards of one session: {@code tcpip-forward} and {@code cancel-tcpip-forward} (RFC 4254
 * §7.1). On the session's event loop.
 */
final class ForwardRequests {

  private static final Logger AUDIT = LoggerFactory.getLogger("relay.audit");

  /**
   * @param plain the port of a forward that named no host, else 0
   */
  private record Forward(TcpipForward asked, Lease lease, int plain) {}

  private final SshSide side;
  private final OwnerSession owner;
  private final SshConnection connection;
  private final SessionOutput output;

  /** By what cancels them: the host as it was sent, and the port, the allocated one for 0. */
  private final Map<TcpipForward, Forward> forwards = new HashMap<>();

  private final Set<Integer> plainPorts = new HashSet<>();

  /** Asked for and not decided yet. */
  private final List<TcpipForward> pending = new ArrayList<>();

  /** What came for a pending forward: it takes effect once that is decided, as if it had waited. */
  private final Map<TcpipForward, GlobalRequest> earlyCancels = new HashMap<>();

  private boolean returning;
  private boolean closed;

  ForwardRequests(
      SshSide side, OwnerSession owner, SshConnection connection, SessionOutput output) {
    this.side = side;
    this.owner = owner;
    this.connection = connection;
    this.output = output;
  }

  /** What is asked for from now on, an earlier session of this client had. */
  void returning() {
    returning = true;
  }

  void forward(GlobalRequest request) {
    TcpipForward asked = TcpipForward.read(request.details());
    try {
      if (forwards.size() + pending.size() >= side.maxTunnels()) {
        throw ForwardTable.refused(
            RefusalCode.TOO_MANY_TUNNELS, "a session may have " + side.maxTunnels() + " tunnels");
      }
      claim(asked, request);
    } catch (RefusedException e) {
      refuse(asked, e.refusal(), request);
    }
  }

  private void claim(TcpipForward asked, GlobalRequest request) throws RefusedException {
    ForwardTable.Wanted wanted = side.table().read(asked);
    ForwardedUpstream upstream = new ForwardedUpstream(connection, asked.host(), asked.port());
    Future<Lease> claimed;
    int plain = 0;
    if (wanted instanceof ForwardTable.Wanted.Port port) {
      List<InetAddress> on = side.binding().of(asked.host());
      claimed =
          port.port() == 0
              ? side.claims().anyPort(p -> BindAddresses.with(on, p), claimant(upstream))
              : side.claims()
                  .port(port.port(), BindAddresses.with(on, port.port()), claimant(upstream));
    } else if (wanted instanceof ForwardTable.Wanted.Name name) {
      Upstream to =
          name.localTls() ? LocalTls.over(upstream, name.host(), side.localTls()) : upstream;
      claimed = side.claims().name(name.host(), claimant(to));
    } else {
      plain = (int) asked.port();
      if (!plainPorts.add(plain)) {
        throw ForwardTable.refused(
            RefusalCode.NAME_TWICE, "-R " + plain + ": is forwarded in this session already");
      }
      boolean tls = ((ForwardTable.Wanted.OwnName) wanted).localTls();
      claimed =
          side.claims()
              .ownName(
                  host -> claimant(tls ? LocalTls.over(upstream, host, side.localTls()) : upstream),
                  owner);
    }
    pending.add(asked);
    int plainPort = plain;
    claimed.addListener((Future<Lease> done) -> {
      pending.remove(asked);
      if (done.isSuccess()) {
        granted(new Forward(asked, done.getNow(), plainPort), upstream, request);
      } else {
        plainPorts.remove(plainPort);
        refuse(asked, refusal(done.cause()), request);
      }
      GlobalRequest cancel = earlyCancels.remove(asked);
      if (cancel != null) {
        cancel(asked, cancel);
      }
    });
  }

  private Claimant claimant(Upstream upstream) {
    return new Claimant(owner, upstream, owner, returning);
  }

  private static Refusal refusal(Throwable cause) {
    if (cause instanceof RefusedException refused) {
      return refused.refusal();
    }
    throw new IllegalStateException("a claim fails with a refusal", cause);
  }

  private void granted(Forward forward, ForwardedUpstream upstream, GlobalRequest request) {
    Lease lease = forward.lease();
    if (closed) {
      lease.close();
      return;
    }
    Endpoint endpoint = lease.tunnel().endpoint();
    TcpipForward asked = forward.asked();
    int port = (int) asked.port();
    if (endpoint instanceof Endpoint.Tcp tcp && port == 0) {
      port = tcp.port();
      upstream.allocated(port);
    }
    forwards.put(new TcpipForward(asked.host(), port), forward);
    PublicUrls.Shown shown = side.urls().of(endpoint);
    AUDIT.info("{} forwards {}", owner.identity(), shown.address());
    int boundPort = port;
    request.beforeAnswer(() -> output.opened(asked, boundPort, shown));
    if (asked.port() == 0) {
      request.succeed(port);
    } else {
      request.succeed();
    }
  }

  private void refuse(TcpipForward asked, Refusal why, GlobalRequest request) {
    refuse(asked.host(), asked.port(), why, request);
  }

  /** Tells the user what was refused, when its turn has come, in the next banner, and the log. */
  void refuse(String host, long port, Refusal why, GlobalRequest request) {
    note(why);
    request.beforeAnswer(() -> output.refused(host, port, why));
    if (!closed) {
      request.fail();
    }
  }

  /** As {@link #refuse}, at once: of what was no request for a forward. */
  void refused(String host, long port, Refusal why) {
    note(why);
    output.refused(host, port, why);
  }

  private void note(Refusal why) {
    AUDIT.info("{} refused: {}", owner.identity(), why.line());
    side.recent().add(owner.identity(), why);
  }

  void cancel(GlobalRequest request) {
    TcpipForward asked = TcpipForward.read(request.details());
    if (!pending.contains(asked) || earlyCancels.putIfAbsent(asked, request) != null) {
      cancel(asked, request);
    }
  }

  private void cancel(TcpipForward asked, GlobalRequest request) {
    Forward forward = forwards.remove(asked);
    if (forward == null) {
      request.fail();
      return;
    }
    plainPorts.remove(forward.plain());
    forward.lease().close();
    AUDIT.info("{} ends {}", owner.identity(), forward.lease().tunnel().endpoint());
    request.succeed();
  }

  /** The tunnel has gone to another session. */
  void lost(Tunnel tunnel, Refusal why) {
    for (Map.Entry<TcpipForward, Forward> entry : forwards.entrySet()) {
      Forward forward = entry.getValue();
      if (forward.lease().tunnel() == tunnel) {
        forwards.remove(entry.getKey());
        plainPorts.remove(forward.plain());
        forward.lease().close();
        AUDIT.info("{} lost {}: {}", owner.identity(), tunnel.endpoint(), why.line());
        output.lost(forward.asked(), (int) entry.getKey().port(), why);
        return;
      }
    }
  }

  void closeAll() {
    closed = true;
    for (Forward forward : forwards.values()) {
      forward.lease().close();
    }
    forwards.clear();
  }
}
