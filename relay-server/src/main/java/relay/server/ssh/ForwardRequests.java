package relay.server.ssh;

import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Endpoint;
import relay.common.endpoint.PathPrefix;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.common.ssh.TcpipForward;
import relay.common.stream.GlobalRequest;
import relay.common.stream.SshConnection;
import relay.server.auth.AuditEvent.Kind;
import relay.server.tunnel.Claims.Claimant;
import relay.server.tunnel.Lease;
import relay.server.tunnel.LocalTls;
import relay.server.tunnel.ProxyHeader;
import relay.server.tunnel.RefusedException;
import relay.server.tunnel.Tunnel;
import relay.server.tunnel.TunnelOptions;
import relay.server.tunnel.Upstream;

/**
 * The forwards of one session: {@code tcpip-forward} and {@code cancel-tcpip-forward} (RFC 4254
 * §7.1). On the session's event loop.
 */
final class ForwardRequests {

  /** What a forward that named no host asked for. */
  private record Plain(long port, PathPrefix path) {}

  private record Forward(TcpipForward asked, Lease lease, @Nullable Plain plain) {}

  private final SshSide side;
  private final OwnerSession owner;
  private final SshConnection connection;
  private final SessionOutput output;

  /** By what cancels them: the host as it was sent, and the port, the allocated one for 0. */
  private final Map<TcpipForward, Forward> forwards = new HashMap<>();

  private final Set<Plain> plains = new HashSet<>();

  /** Asked for and not decided yet. */
  private final List<TcpipForward> pending = new ArrayList<>();

  /** What came for a pending forward: it takes effect once that is decided, as if it had waited. */
  private final Map<TcpipForward, GlobalRequest> earlyCancels = new HashMap<>();

  private boolean returning;
  private @Nullable RefusedException optionsFault;
  private AtomicReference<TunnelOptions> options = new AtomicReference<>(TunnelOptions.NONE);
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

  /**
   * Takes an exec command's words, which are for all tunnels of the session.
   *
   * @throws RefusedException where a word is wrong
   */
  void options(String words) throws RefusedException {
    options.set(read(words, options.get()));
  }

  /** Takes the words for what is asked for from now on; a wrong one refuses that. */
  void optionsForNext(String words) {
    options = new AtomicReference<>(TunnelOptions.NONE);
    optionsFault = null;
    try {
      options.set(read(words, TunnelOptions.NONE));
    } catch (RefusedException e) {
      optionsFault = e;
    }
  }

  private TunnelOptions read(String words, TunnelOptions before) throws RefusedException {
    return SessionOptions.read(words, before, side.urls().httpsPort() != 0);
  }

  void forward(GlobalRequest request) {
    TcpipForward asked = TcpipForward.read(request.details());
    try {
      if (optionsFault != null) {
        throw optionsFault;
      }
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
    AtomicReference<TunnelOptions> wishes = options;
    Upstream raw = ProxyHeader.over(upstream, wishes::get);
    Future<Lease> claimed;
    Plain plain = null;
    if (wanted instanceof ForwardTable.Wanted.Port port) {
      List<InetAddress> on = side.binding().of(asked.host());
      claimed =
          port.port() == 0
              ? side.claims().anyPort(p -> BindAddresses.with(on, p), claimant(raw, wishes))
              : side.claims()
                  .port(port.port(), BindAddresses.with(on, port.port()), claimant(raw, wishes));
    } else if (wanted instanceof ForwardTable.Wanted.Name name) {
      Upstream to =
          name.localTls() ? LocalTls.over(raw, name.endpoint().host(), side.localTls()) : raw;
      claimed = side.claims().name(name.endpoint(), claimant(to, wishes));
    } else {
      ForwardTable.Wanted.OwnName own = (ForwardTable.Wanted.OwnName) wanted;
      plain = new Plain(asked.port(), own.path());
      if (!plains.add(plain)) {
        throw ForwardTable.refused(
            RefusalCode.NAME_TWICE,
            "-R " + own.path() + plain.port() + ": is forwarded in this session already");
      }
      boolean tls = own.localTls();
      claimed =
          side.claims()
              .ownName(
                  own.path(),
                  host -> claimant(tls ? LocalTls.over(raw, host, side.localTls()) : raw, wishes),
                  owner);
    }
    pending.add(asked);
    Plain asPlain = plain;
    claimed.addListener((Future<Lease> done) -> {
      pending.remove(asked);
      if (done.isSuccess()) {
        granted(new Forward(asked, done.getNow(), asPlain), upstream, request);
      } else {
        plains.remove(asPlain);
        refuse(asked, refusal(done.cause()), request);
      }
      GlobalRequest cancel = earlyCancels.remove(asked);
      if (cancel != null) {
        cancel(asked, cancel);
      }
    });
  }

  private Claimant claimant(Upstream upstream, AtomicReference<TunnelOptions> wishes) {
    return new Claimant(owner, upstream, wishes::get, owner, returning);
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
    owner.audit(Kind.FORWARD, shown.address(), null);
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
    note(host, port, why);
    request.beforeAnswer(() -> output.refused(host, port, why));
    if (!closed) {
      request.fail();
    }
  }

  /** As {@link #refuse}, at once: of what was no request for a forward. */
  void refused(String host, long port, Refusal why) {
    note(host, port, why);
    output.refused(host, port, why);
  }

  private void note(String host, long port, Refusal why) {
    owner.audit(Kind.REFUSAL, Lines.withoutPassword(host) + ":" + port, why);
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
    plains.remove(forward.plain());
    forward.lease().close();
    owner.audit(Kind.CANCEL, side.urls().of(forward.lease().tunnel().endpoint()).address(), null);
    request.succeed();
  }

  /** The tunnel has gone to another session. */
  void lost(Tunnel tunnel, Refusal why) {
    for (Map.Entry<TcpipForward, Forward> entry : forwards.entrySet()) {
      Forward forward = entry.getValue();
      if (forward.lease().tunnel() == tunnel) {
        forwards.remove(entry.getKey());
        plains.remove(forward.plain());
        forward.lease().close();
        owner.audit(Kind.ofEnd(why.code()), side.urls().of(tunnel.endpoint()).address(), why);
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
