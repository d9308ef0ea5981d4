package relay.server.ssh;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.apache.sshd.common.SshConstants;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.common.ssh.ForwardedTcpip;
import relay.common.ssh.RelayExtensions;
import relay.common.ssh.StreamlocalForward;
import relay.common.ssh.TcpipForward;
import relay.common.stream.GlobalRequest;
import relay.common.stream.SshConnection;
import relay.common.stream.SshStreamChannel;
import relay.common.stream.StreamOpen;
import relay.server.auth.Audit;
import relay.server.auth.AuditEvent;
import relay.server.auth.Grants;
import relay.server.auth.Identity;
import relay.server.auth.LetIn;
import relay.server.auth.Login;
import relay.server.tunnel.Holder;
import relay.server.tunnel.Tunnel;
import relay.server.tunnel.Visit;
import relay.server.tunnel.VisitLog;

/** One authenticated client: what it asks for, and what it holds. On the session's event loop. */
final class OwnerSession implements SshConnection.Role, Holder, VisitLog {

  private static final Logger LOG = LoggerFactory.getLogger(OwnerSession.class);

  private static final String NO_MORE_SESSIONS = "no-more-sessions@openssh.com";
  private static final Duration ANSWER = Duration.ofSeconds(1);
  private static final int MAX_CONSOLES = 10;
  private static final int VISITS_WAITING = 1_000;

  private final SshConnection connection;
  private final SshSide side;
  private final Login login;
  private final Identity identity;
  private final Grants grants;
  private final AuditEvent.Who who;
  private final Runnable ended;
  private final SessionOutput output;
  private final ToldRefusals refusals;
  private final ForwardRequests forwards;
  private final DirectChannels direct;
  private final OwnerCommands commands;
  private final AtomicInteger visitsWaiting = new AtomicInteger();
  private final Keepalive keepalive;
  private final RecentEvents.Log log;
  private int consoles;
  private @Nullable Refusal ending; // why
  private LetIn.@Nullable Now checked; // this and the next: by who checks
  private boolean asked;
  private boolean noMoreSessions;

  OwnerSession(
      SshConnection connection,
      SshSide side,
      Login login,
      AuditEvent.Who who,
      String clientVersion,
      Consumer<OwnerSession> ended) {
    this.ended = () -> ended.accept(this);
    this.connection = connection;
    this.side = side;
    this.login = login;
    this.who = who;
    this.identity = login.identity();
    this.grants = login.grants();
    this.output = new SessionOutput(connection, clientVersion.startsWith(RelayExtensions.VERSION));
    this.refusals = new ToldRefusals(this, output, side.shares().tally(identity));
    ListenGrants listen = new ListenGrants(login, side.table().domain(), side.claims());
    this.forwards = new ForwardRequests(side, this, connection, output, listen);
    this.direct = new DirectChannels(connection, side.ways(), this, grants);
    this.commands = new OwnerCommands(side, this, grants, listen);
    this.log = side.events().log(identity);
    this.keepalive = Keepalive.start(connection, this, side.keepalive(), side.keepaliveMisses());
    audit(AuditEvent.Kind.LOGIN, "", null);
  }

  // --- what the client asks -------------------------------------------------------------------

  @Override
  public void request(GlobalRequest request) {
    if (ending != null) {
      return; // unanswered: the client would take a refusal for the reason of its end
    }
    switch (request.name()) {
      case TcpipForward.NAME -> forwards.forward(request);
      case RelayExtensions.RETURNING -> {
        forwards.returning();
        taken(request);
      }
      case RelayExtensions.OPTIONS -> {
        forwards.optionsForNext(request.details().getString());
        taken(request);
      }
      case TcpipForward.CANCEL -> forwards.cancel(request);
      case StreamlocalForward.NAME -> forwards.forwardPath(request);
      case StreamlocalForward.CANCEL -> forwards.cancelPath(request);
      case NO_MORE_SESSIONS -> noMoreSessions(request);
      default -> {
        // keepalives among them: any answer is a sign of life
        if (request.wantReply()) {
          request.fail();
        }
      }
    }
  }

  /** Our client wants no reply; whoever does, gets it in its turn (RFC 4254 §4). */
  private static void taken(GlobalRequest request) {
    if (request.wantReply()) {
      request.succeed();
    }
  }

  @Override
  public void open(StreamOpen open) {
    try {
      if (ending != null) {
        open.refuse(SshConstants.SSH_OPEN_ADMINISTRATIVELY_PROHIBITED, ending.line());
        return;
      }
      switch (open.type()) {
        case "session" -> openConsole(open);
        case ForwardedTcpip.DIRECT -> direct.open(open);
        case StreamlocalForward.DIRECT ->
            open.refuse(
                SshConstants.SSH_OPEN_ADMINISTRATIVELY_PROHIBITED,
                new Refusal(
                        RefusalCode.OPEN_NOT_ALLOWED, "the relay's sockets are not connected to")
                    .line());
        default ->
            open.refuse(
                SshConstants.SSH_OPEN_UNKNOWN_CHANNEL_TYPE, "no such channel type is served");
      }
    } catch (IOException e) {
      LOG.debug("{}: {}", identity, e.toString());
    }
  }

  /** OpenSSH's promise (its PROTOCOL, §2.2): whoever takes the client over gets no console. */
  private void noMoreSessions(GlobalRequest request) {
    noMoreSessions = true;
    if (request.wantReply()) {
      request.succeed();
    }
  }

  private void openConsole(StreamOpen open) throws IOException {
    if (noMoreSessions) {
      open.refuse(
          SshConstants.SSH_OPEN_ADMINISTRATIVELY_PROHIBITED,
          new Refusal(RefusalCode.OPEN_NOT_ALLOWED, "you asked that no more sessions be opened")
              .line());
      return;
    }
    if (consoles >= MAX_CONSOLES) {
      open.refuse(
          SshConstants.SSH_OPEN_RESOURCE_SHORTAGE,
          "relay: " + RefusalCode.TOO_MANY_CHANNELS.id() + ": at most " + MAX_CONSOLES);
      return;
    }
    consoles++;
    SshStreamChannel stream = open.accept(connection.eventLoop());
    stream.pipeline().addLast(new Console(stream, output, forwards, login, commands));
    stream.closeFuture().addListener(closed -> consoles--);
    stream.read();
  }

  Login login() {
    return login;
  }

  /** Whether there may be something against the session that there was not. By one thread. */
  boolean isToBeChecked(LetIn.Now now) {
    if (!now.equals(checked)) {
      checked = now;
      asked = login.isAsked(now);
      return true;
    }
    return asked || now.expires();
  }

  AuditEvent.Who who() {
    return who;
  }

  /** What this session did, or what was done to it. */
  void audit(AuditEvent.Kind kind, String what, @Nullable Refusal why) {
    Audit.log(new AuditEvent(kind, who, what, why));
    if (why != null) {
      log.add(new LoggedEvent.Refused(Instant.now(), what, why));
    }
  }

  ToldRefusals refusals() {
    return refusals;
  }

  @Override
  public String full(boolean shared) {
    Refusal why =
        shared
            ? side.shares().channels().refusal()
            : new Refusal(RefusalCode.TOO_MANY_CHANNELS, "all channels of the session are in use");
    refusals.tell("a channel", why);
    return why.line();
  }

  /** Any thread; exact only on the event loop. */
  int streamCount() {
    return connection.streamCount();
  }

  @Override
  public void closed() {
    keepalive.stop();
    forwards.closeAll();
    direct.closeAll();
    ended.run();
    LOG.info("{} disconnected", identity);
  }

  // --- what the rest of the server asks ---------------------------------------------------------

  @Override
  public Identity identity() {
    return identity;
  }

  @Override
  public EventLoop eventLoop() {
    return connection.eventLoop();
  }

  /** Whoever says nothing is asked within two intervals ({@link Keepalive}), and has a second. */
  @Override
  public boolean isSilent() {
    long silent = System.nanoTime() - connection.lastHeard();
    return silent > side.keepalive().multipliedBy(2).plus(ANSWER).toNanos();
  }

  /** Only an answer counts: bytes that a stopped client sent before may still be on their way. */
  @Override
  public Future<Boolean> probe(Duration limit) {
    EventLoop loop = connection.eventLoop();
    Promise<Boolean> alive = loop.newPromise();
    loop.execute(() -> {
      connection
          .globals()
          .ask(Keepalive.NAME, packet -> {})
          .addListener(answer -> alive.trySuccess(answer.isSuccess()));
      var late =
          loop.schedule(() -> alive.trySuccess(false), limit.toNanos(), TimeUnit.NANOSECONDS);
      alive.addListener(known -> late.cancel(false));
    });
    return alive;
  }

  @Override
  public void lost(Tunnel tunnel, Refusal why) {
    connection.eventLoop().execute(() -> forwards.lost(tunnel, why));
  }

  /**
   * ssh drops what it has read for a console and not printed yet when it reads a disconnect too. It
   * prints before it answers, so an answer is awaited, unless the end is for want of one; no
   * forward and no channel is granted meanwhile.
   */
  @Override
  public void end(Refusal why) {
    connection
        .eventLoop()
        .execute(() -> {
          if (ending != null) {
            return;
          }
          ending = why;
          audit(AuditEvent.Kind.ofEnd(why.code()), "", why);
          side.recent().add(identity, why);
          output.line(why.line());
          forwards.closeAll();
          int reason = SshConstants.SSH2_DISCONNECT_BY_APPLICATION;
          switch (why.code()) {
            case KEEPALIVE_LOST, SESSION_SUPERSEDED -> connection.cut(reason, why.line());
            default ->
                probe(ANSWER).addListener(answered -> connection.disconnect(reason, why.line()));
          }
        });
  }

  @Override
  public @Nullable Refusal visitorCame(Tunnel tunnel) {
    if (side.shares().visitors().acquire(identity)) {
      return null;
    }
    Refusal why = side.shares().visitors().refusal();
    refusals.tell("a visitor of " + tunnel.endpoint(), why);
    return why;
  }

  @Override
  public void visitorLeft() {
    side.shares().visitors().release(identity);
  }

  @Override
  public void visit(Tunnel tunnel, Visit visit) {
    log.add(LoggedEvent.Visited.of(tunnel.endpoint(), visit));
    if (connection.eventLoop().inEventLoop()) {
      output.visit(tunnel, visit);
    } else if (visitsWaiting.incrementAndGet() > VISITS_WAITING) {
      visitsWaiting.decrementAndGet();
    } else {
      connection
          .eventLoop()
          .execute(() -> {
            visitsWaiting.decrementAndGet();
            output.visit(tunnel, visit);
          });
    }
  }
}
