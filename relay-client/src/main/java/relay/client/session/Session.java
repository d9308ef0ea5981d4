package relay.client.session;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.sshd.client.future.AuthFuture;
import org.apache.sshd.client.session.ClientSessionImpl;
import org.apache.sshd.client.session.SessionFactory;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.SshException;
import org.apache.sshd.common.io.IoSession;
import org.apache.sshd.common.session.SessionListener;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import relay.client.local.LocalService;
import relay.common.endpoint.Untrusted;
import relay.common.ssh.NettyIoSession;
import relay.common.ssh.RelayExtensions;
import relay.common.stream.SshConnection;
import relay.common.stream.StreamLimits;
import relay.common.stream.WindowBudget;

/**
 * One connection to the relay, from the first byte to the last: key exchange, login, the tunnel. It
 * ends once, with a reason. All on the event loop of its channel.
 */
final class Session implements SessionListener, Tunnel.Owner {

  private static final Logger LOG = LoggerFactory.getLogger(Session.class);

  /** From connecting until the server may ask who we are. */
  private static final Duration HANDSHAKE = Duration.ofSeconds(20);

  /** For all keys; as long as sshd's LoginGraceTime, for keys that somebody has to touch. */
  private static final Duration LOGIN = Duration.ofMinutes(2);

  /** How long a farewell may take. */
  private static final Duration FAREWELL = Duration.ofMillis(500);

  /**
   * What a visitor may send before the local service has taken the first of it; and for those whose
   * service takes all at once, what all may together: half of the memory that the launcher gives.
   */
  private static final StreamLimits LIMITS =
      new StreamLimits(
          256 << 10, new WindowBudget(64 << 20), Tunnel.MAX_VISITORS, Duration.ofSeconds(10));

  private final Channel channel;
  private final Settings settings;
  private final Forward forward;
  private final Identities identities;
  private final HostKeyCheck hostKey;
  private final LocalService local;
  private final Consumer<TunnelEvent> events;
  private @Nullable MinaSession ssh;
  private @Nullable Tunnel tunnel;
  private @Nullable Keepalive keepalive;
  private @Nullable ScheduledFuture<?> deadline;
  private @Nullable SessionEnd end;

  /**
   * @param channel connected, with auto-read off
   * @param forward what to ask for, which after the first time need not be that of the settings
   */
  Session(
      Channel channel,
      Settings settings,
      Forward forward,
      Identities identities,
      HostKeyCheck hostKey,
      LocalService local,
      Consumer<TunnelEvent> events) {
    this.channel = channel;
    this.settings = settings;
    this.forward = forward;
    this.identities = identities;
    this.hostKey = hostKey;
    this.local = local;
    this.events = events;
  }

  /**
   * Starts.
   *
   * @param whenEnded called once, when the connection is closed
   */
  void start(Consumer<SessionEnd> whenEnded) {
    channel
        .closeFuture()
        .addListener(closed -> {
          stopTimers();
          whenEnded.accept(
              end == null ? new SessionEnd.Lost("the server closed the connection") : end);
        });
    within(HANDSHAKE, "no answer to the first message of SSH: is it an SSH server?");
    NettyIoSession.attach(
        channel,
        new Sessions(Factories.of(channel.eventLoop(), settings, identities, this::begin)));
    if (ssh != null) {
      try {
        ssh.auth().addListener(this::loggedIn);
      } catch (IOException e) {
        end(new SessionEnd.Lost(String.valueOf(e.getMessage())));
      }
    }
    channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, false); // SSH knows no half
    channel.config().setAutoRead(true);
  }

  /** Makes the one MINA session of this connection. */
  private final class Sessions extends SessionFactory {

    Sessions(org.apache.sshd.client.SshClient factories) {
      super(factories);
    }

    @Override
    protected ClientSessionImpl doCreateSession(IoSession transport) throws Exception {
      MinaSession made = new MinaSession(getClient(), transport, hostKey.knownTypes());
      made.setUsername(settings.server().user());
      made.setServerKeyVerifier(hostKey);
      made.addSessionListener(Session.this);
      ssh = made;
      return made;
    }
  }

  /** The server has let us in. */
  private SshConnection begin(MinaSession session) {
    stopTimers();
    String version = session.getServerVersion();
    boolean relay = version != null && version.startsWith(RelayExtensions.VERSION);
    SshConnection connection =
        new SshConnection(
            session,
            session.keyExchange(),
            LIMITS,
            made -> {
              tunnel = new Tunnel(made, local, settings.server(), forward, relay, this);
              return tunnel;
            });
    keepalive =
        new Keepalive(
            connection,
            Keepalive.INTERVAL,
            () -> end(new SessionEnd.Lost("the server does not answer any more")));
    keepalive.start();
    if (tunnel != null) {
      tunnel.ask();
    }
    return connection;
  }

  private void loggedIn(AuthFuture login) {
    if (login.getException() instanceof SshException refusal
        && refusal.getDisconnectCode()
            == SshConstants.SSH2_DISCONNECT_NO_MORE_AUTH_METHODS_AVAILABLE) {
      end(new SessionEnd.KeyRefused(identities.refused(settings.server())));
    }
  }

  @Override
  public void sessionEvent(org.apache.sshd.common.session.Session session, Event event) {
    if (event == Event.KeyEstablished && !session.isAuthenticated()) {
      within(LOGIN, "the login took too long");
    }
  }

  @Override
  public void sessionException(org.apache.sshd.common.session.Session session, Throwable cause) {
    LOG.debug("{}: {}", settings.server(), cause.toString());
    SessionEnd verdict = hostKey.verdict();
    note(verdict != null ? verdict : new SessionEnd.Lost(Untrusted.harmless(cause.toString())));
  }

  @Override
  public void sessionDisconnect(
      org.apache.sshd.common.session.Session session,
      int reason,
      String message,
      String language,
      boolean ours) {
    if (ours) {
      return;
    }
    String why = Untrusted.harmless(message);
    if (message.startsWith(RefusalLine.PREFIX)) {
      note(RefusalLine.parse(why).end());
    } else if (!session.isAuthenticated() && message.contains("uthentication failures")) {
      note(
          new SessionEnd.KeyRefused(
              identities.refused(settings.server())
                  + "; it ended the login ("
                  + why
                  + "): name the right key with --identity"));
    } else {
      note(new SessionEnd.Lost("the server said: " + why));
    }
  }

  @Override
  public void event(TunnelEvent event) {
    events.accept(event);
  }

  /** Says goodbye and closes; the first reason counts. */
  @Override
  public void end(SessionEnd why) {
    note(why);
    channel.eventLoop().schedule(() -> channel.close(), FAREWELL.toMillis(), TimeUnit.MILLISECONDS);
    try {
      if (ssh == null) {
        channel.close();
      } else {
        ssh.disconnect(SshConstants.SSH2_DISCONNECT_BY_APPLICATION, "");
      }
    } catch (IOException e) {
      LOG.debug("{}: no goodbye: {}", settings.server(), e.toString());
      channel.close();
    }
  }

  private void note(SessionEnd why) {
    if (end == null) {
      end = why;
    }
  }

  private void within(Duration limit, String why) {
    stopTimers();
    deadline =
        channel
            .eventLoop()
            .schedule(() -> end(new SessionEnd.Lost(why)), limit.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void stopTimers() {
    if (deadline != null) {
      deadline.cancel(false);
    }
    if (keepalive != null) {
      keepalive.stop();
    }
  }
}
