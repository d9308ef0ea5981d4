package relay.server.ssh;

import io.netty.util.concurrent.Future;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Endpoint;
import relay.common.endpoint.Hostname;
import relay.common.endpoint.PathPrefix;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.common.ssh.StreamlocalForward;
import relay.common.ssh.TcpipForward;
import relay.common.stream.GlobalRequest;
import relay.common.stream.SshConnection;
import relay.server.auth.AuditEvent.Kind;
import relay.server.tunnel.Claims.Claimant;
import relay.server.tunnel.Lease;
import relay.server.tunnel.ProxyHeader;
import relay.server.tunnel.RefusedException;
import relay.server.tunnel.Shape;
import relay.server.tunnel.Tunnel;
import relay.server.tunnel.TunnelOptions;
import relay.server.tunnel.Upstream;

/**
 * The forwards of one session: {@code tcpip-forward}, {@code streamlocal-forward@openssh.com} and
 * their cancels (RFC 4254 §7.1). On the session's event loop.
 */
final class ForwardRequests {

  /** What a forward that named no host asked for. */
  private record Plain(long port, PathPrefix path) {}

  /**
   * @param shape what it was made by words, of those in {@code wishes}
   */
  private record Forward(
      Asked asked,
      Lease lease,
      @Nullable Plain plain,
      Upstream raw,
      AtomicReference<TunnelOptions> wishes,
      Shape shape) {
    Forward as(Lease another, Shape now) {
      return new Forward(asked, another, plain, raw, wishes, now);
    }
  }

  private final SshSide side;
  private final OwnerSession owner;
  private final SshConnection connection;
  private final SessionOutput output;
  private final ForwardClaims claims;

  /** By what cancels them: the host as it was sent, and the port, the allocated one for 0. */
  private final Map<Asked, Forward> forwards = new HashMap<>();

  private final Set<Plain> plains = new HashSet<>();

  /** Asked for and not decided yet. */
  private final List<Asked> pending = new ArrayList<>();

  /** What came for a pending forward: it takes effect once that is decided, as if it had waited. */
  private final Map<Asked, GlobalRequest> earlyCancels = new HashMap<>();

  private boolean returning;
  private @Nullable RefusedException optionsFault;
  private AtomicReference<TunnelOptions> options = new AtomicReference<>(TunnelOptions.NONE);

  /** Done, while no tunnel has a deadline. */
  private Future<?> deadline;

  private boolean closed;

  ForwardRequests(
      SshSide side,
      OwnerSession owner,
      SshConnection connection,
      SessionOutput output,
      ListenGrants grants) {
    this.claims = new ForwardClaims(side, owner, grants);
    this.side = side;
    this.owner = owner;
    this.connection = connection;
    this.output = output;
    this.deadline = connection.eventLoop().newSucceededFuture(null);
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
    reshape();
    forwards.values().forEach(this::pool);
    autoClose(options.get());
    awaitDeadline();
  }

  /** Looks at the deadlines again when the next one has come. */
  private void awaitDeadline() {
    deadline.cancel(false);
    forwards.values().stream()
        .flatMap(forward -> Stream.ofNullable(forward.lease().tunnel().options().deadline()))
        .map(Deadlines::millisLeft)
        .min(Comparator.naturalOrder())
        .ifPresent(left ->
            deadline = connection.eventLoop().schedule(this::expire, left, TimeUnit.MILLISECONDS));
  }

  private void expire() {
    for (Forward forward : List.copyOf(forwards.values())) {
      Tunnel tunnel = forward.lease().tunnel();
      Long due = tunnel.options().deadline();
      if (due != null && Deadlines.left(due) <= 0) {
        lost(
            tunnel,
            new Refusal(
                RefusalCode.DEADLINE, tunnel.endpoint() + " is closed: its deadline has come"));
      }
    }
    awaitDeadline();
  }

  /** A tunnel has gone: the session too, where it was the last and that is wished. */
  private void autoClose(TunnelOptions wishes) {
    if (wishes.autoClose() && forwards.isEmpty() && pending.isEmpty()) {
      owner.end(new Refusal(RefusalCode.AUTO_CLOSE, "the session has no tunnel any more"));
    }
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
    forward(new Asked.Tcpip(TcpipForward.read(request.details())), request);
  }

  void forwardPath(GlobalRequest request) {
    forward(new Asked.Path(StreamlocalForward.read(request.details())), request);
  }

  private void forward(Asked asked, GlobalRequest request) {
    try {
      if (optionsFault != null) {
        throw optionsFault;
      }
      ForwardTable.Wanted wanted = claims.wanted(asked, options.get().shape());
      if (forwards.size() + pending.size() >= side.maxTunnels()) {
        throw ForwardTable.refused(
            RefusalCode.TOO_MANY_TUNNELS, "a session may have " + side.maxTunnels() + " tunnels");
      }
      claim(asked, wanted, request);
    } catch (RefusedException e) {
      refuse(asked, e.refusal(), request);
    }
  }

  private void claim(Asked asked, ForwardTable.Wanted wanted, GlobalRequest request)
      throws RefusedException {
    ForwardedUpstream upstream = new ForwardedUpstream(connection, asked);
    AtomicReference<TunnelOptions> wishes = options;
    Shape shape = wishes.get().shape();
    Upstream raw = ProxyHeader.over(upstream, wishes::get);
    Plain plain =
        wanted instanceof ForwardTable.Wanted.OwnName own
            ? new Plain(asked.port(), own.path())
            : null;
    if (plain != null && !plains.add(plain)) {
      throw ForwardTable.refused(
          RefusalCode.NAME_TWICE,
          "-R " + plain.path() + plain.port() + ": is forwarded in this session already");
    }
    Future<Lease> claimed;
    try {
      claimed = claims.claim(asked, wanted, shape, raw, to -> claimant(to, wishes, returning));
    } catch (RefusedException e) {
      plains.remove(plain);
      throw e;
    }
    pending.add(asked);
    claimed.addListener((Future<Lease> done) -> {
      pending.remove(asked);
      if (done.isSuccess()) {
        Forward forward = new Forward(asked, done.getNow(), plain, raw, wishes, shape);
        granted(forward, upstream, request);
      } else {
        plains.remove(plain);
        refuse(asked, refusal(done.cause()), request);
        autoClose(wishes.get());
      }
      GlobalRequest cancel = earlyCancels.remove(asked);
      if (cancel != null) {
        cancel(asked, cancel);
      }
    });
  }

  private Claimant claimant(
      Upstream upstream, AtomicReference<TunnelOptions> wishes, boolean comesBack) {
    return new Claimant(owner, upstream, wishes::get, owner, comesBack);
  }

  /** Sets what belongs to the name, where the words say something about it. */
  private void pool(Forward forward) {
    Boolean wished = forward.wishes().get().pool();
    if (wished != null && forward.lease().tunnel().endpoint().root() instanceof Hostname name) {
      side.claims().pool(name, owner.identity(), wished);
    }
  }

  /** What is forwarded already becomes what the words say that came after it, or ends. */
  private void reshape() {
    Map.copyOf(forwards).forEach(this::reshape);
  }

  private void reshape(Asked key, Forward forward) {
    Shape shape = forward.wishes().get().shape();
    if (shape.equals(forward.shape())) {
      return;
    }
    Future<Lease> moved;
    try {
      moved =
          claims.change(
              forward.asked(),
              forward.lease(),
              forward.shape(),
              shape,
              forward.raw(),
              to -> claimant(to, forward.wishes(), false));
    } catch (RefusedException e) {
      lost(forward.lease().tunnel(), e.refusal());
      return;
    }
    forwards.put(key, forward.as(forward.lease(), shape));
    if (moved != null) {
      moved.addListener((Future<Lease> done) -> reshaped(key, forward, shape, done));
    }
  }

  private void reshaped(Asked key, Forward before, Shape shape, Future<Lease> moved) {
    Forward now = forwards.get(key);
    if (!moved.isSuccess()) {
      lost(before.lease().tunnel(), refusal(moved.cause()));
    } else if (now == null || now.lease() != before.lease()) {
      moved.getNow().close(); // it was cancelled meanwhile, or the session has gone
    } else {
      forwards.put(key, now.as(moved.getNow(), shape));
      PublicUrls.Shown shown = side.urls().of(moved.getNow().tunnel().endpoint());
      owner.audit(Kind.FORWARD, shown.address(), null);
      output.opened(before.asked(), (int) key.port(), shown);
      awaitDeadline();
    }
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
    Asked asked = forward.asked();
    int port = (int) asked.port();
    if (endpoint instanceof Endpoint.Tcp tcp && port == 0) {
      port = tcp.port();
      upstream.allocated(port);
    }
    forwards.put(asked.at(port), forward);
    awaitDeadline();
    PublicUrls.Shown shown = side.urls().of(endpoint);
    owner.audit(Kind.FORWARD, shown.address(), null);
    int boundPort = port;
    request.beforeAnswer(() -> output.opened(asked, boundPort, shown));
    if (asked.port() == 0 && port != 0) {
      request.succeed(port);
    } else {
      request.succeed();
    }
    pool(forward);
    reshape(asked.at(port), forward);
  }

  private void refuse(Asked asked, Refusal why, GlobalRequest request) {
    refuse(asked.host(), asked.port(), why, request);
  }

  /** Tells the user what was refused, when its turn has come, in the next banner, and the log. */
  private void refuse(String host, long port, Refusal why, GlobalRequest request) {
    note(host, port, why);
    request.beforeAnswer(() -> output.refused(host, port, why));
    if (!closed) {
      request.fail();
    }
  }

  private void note(String host, long port, Refusal why) {
    if (owner.refusals().audit(Lines.cut(Lines.withoutPassword(host)) + ":" + port, why)) {
      side.recent().add(owner.identity(), why);
    }
  }

  void cancel(GlobalRequest request) {
    cancelInTurn(new Asked.Tcpip(TcpipForward.read(request.details())), request);
  }

  void cancelPath(GlobalRequest request) {
    cancelInTurn(new Asked.Path(StreamlocalForward.read(request.details())), request);
  }

  private void cancelInTurn(Asked asked, GlobalRequest request) {
    if (!pending.contains(asked) || earlyCancels.putIfAbsent(asked, request) != null) {
      cancel(asked, request);
    }
  }

  private void cancel(Asked asked, GlobalRequest request) {
    Forward forward = forwards.remove(asked);
    if (forward == null) {
      request.fail();
      return;
    }
    plains.remove(forward.plain());
    forward.lease().close();
    owner.audit(Kind.CANCEL, side.urls().of(forward.lease().tunnel().endpoint()).address(), null);
    request.succeed();
    autoClose(forward.lease().tunnel().options());
  }

  /** The tunnel has gone to another session. */
  void lost(Tunnel tunnel, Refusal why) {
    for (Map.Entry<Asked, Forward> entry : forwards.entrySet()) {
      Forward forward = entry.getValue();
      if (forward.lease().tunnel() == tunnel) {
        forwards.remove(entry.getKey());
        plains.remove(forward.plain());
        forward.lease().close();
        owner.audit(Kind.ofEnd(why.code()), side.urls().of(tunnel.endpoint()).address(), why);
        output.lost(forward.asked(), (int) entry.getKey().port(), why);
        autoClose(tunnel.options());
        return;
      }
    }
  }

  void closeAll() {
    closed = true;
    deadline.cancel(false);
    for (Forward forward : forwards.values()) {
      forward.lease().close();
    }
    forwards.clear();
  }
}
