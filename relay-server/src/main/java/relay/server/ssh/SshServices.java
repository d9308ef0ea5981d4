package relay.server.ssh;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Supplier;
import org.apache.sshd.common.io.IoHandler;
import org.apache.sshd.common.io.IoSession;
import org.apache.sshd.core.CoreModuleProperties;
import org.apache.sshd.server.SshServer;
import org.apache.sshd.server.auth.WelcomeBannerPhase;
import org.apache.sshd.server.session.ServerSessionImpl;
import org.apache.sshd.server.session.SessionFactory;
import org.jspecify.annotations.Nullable;
import relay.common.config.Version;
import relay.common.endpoint.Refusal;
import relay.common.ssh.Algorithms;
import relay.common.ssh.HostKey;
import relay.common.stream.SshConnection;
import relay.common.stream.StreamLimits;
import relay.common.stream.WindowBudget;
import relay.server.auth.Admission;
import relay.server.auth.Audit;
import relay.server.auth.AuditEvent;
import relay.server.auth.Identity;
import relay.server.auth.LetIn;
import relay.server.auth.Login;
import relay.server.auth.SshAuthentication;
import relay.server.config.Limits;
import relay.server.config.ServerConfig;
import relay.server.tunnel.Claims;
import relay.server.tunnel.Entrance;
import relay.server.tunnel.HostnameAllocator;
import relay.server.tunnel.LocalTls;
import relay.server.tunnel.Quota;
import relay.server.tunnel.TunnelRegistry;

/**
 * MINA set up for us: transport and authentication are its, all that follows is ours. Its server is
 * never started, only asked for factories, so that nothing of it listens or runs threads.
 */
public final class SshServices {

  private final SshSide side;
  private final StreamLimits limits;
  private final long rekeyBytes;
  private final Duration rekeyAfter;
  private final LetIn letIn;
  private final HostKey hostKey;

  /**
   * @param registry which tunnels there are
   * @param names what hosts in forwards may name
   * @param publicUrls how tunnels' addresses are written, once the listeners are bound
   * @param http the way to HTTP tunnels for who comes by ssh
   * @param https the same with TLS; null where HTTPS is off
   * @param outside where hosts are that are no tunnel
   * @param letIn who is let in, asked at every try
   */
  public SshServices(
      ServerConfig config,
      TunnelRegistry registry,
      Claims claims,
      HostnameAllocator names,
      Supplier<PublicUrls> publicUrls,
      Entrance http,
      @Nullable Entrance https,
      OutsideHosts outside,
      LetIn letIn,
      HostKey hostKey) {
    Limits limit = config.limits();
    this.side =
        new SshSide(
            claims,
            new ForwardTable(names),
            new Ways(registry, publicUrls, http, https, outside),
            BindAddresses.of(config.ssh().gatewayPorts(), config.tcp().listen()),
            publicUrls,
            new RecentRefusals(),
            new Shares(limit),
            new RecentEvents(),
            LocalTls.context(),
            limit.tunnelsPerSession(),
            limit.keepalive(),
            limit.keepaliveMisses());
    this.limits =
        new StreamLimits(
            (int) limit.window().bytes(),
            new WindowBudget(limit.windowBudget().bytes()),
            limit.channelsPerSession(),
            limit.openTimeout());
    this.rekeyBytes = limit.rekeyBytes().bytes();
    this.rekeyAfter = limit.rekeyAfter();
    this.letIn = letIn;
    this.hostKey = hostKey;
  }

  /**
   * @param owners where authenticated sessions are kept while they live
   * @param timers where MINA runs its time-outs, that of a farewell for instance
   */
  IoHandler sessions(Set<OwnerSession> owners, ScheduledExecutorService timers) {
    SshServer server = new SshServer();
    server.setScheduledExecutorService(timers);
    Algorithms.apply(server);
    CoreModuleProperties.SERVER_IDENTIFICATION.set(server, "Relay_" + Version.current());
    CoreModuleProperties.REKEY_BYTES_LIMIT.set(server, rekeyBytes);
    CoreModuleProperties.REKEY_TIME_LIMIT.set(server, rekeyAfter);
    CoreModuleProperties.WELCOME_BANNER_PHASE.set(server, WelcomeBannerPhase.POST_SUCCESS);
    server.setKeyPairProvider(hostKey.provider());
    SshAuthentication.apply(server, letIn);
    server.setServiceFactories(
        List.of(
            BannerService.factory(letIn, side),
            ConnectionService.factory(session -> connect(session, owners))));
    return new SessionFactory(server) {
      @Override
      protected ServerSessionImpl doCreateSession(IoSession transport) throws Exception {
        return new RelaySession(getServer(), transport);
      }
    };
  }

  /**
   * What ends sessions of keys and tokens that are let in no more, to be run every second or so.
   */
  Runnable keyWatch(Set<OwnerSession> owners) {
    return new KeyWatch(owners, letIn);
  }

  private SshConnection connect(RelaySession session, Set<OwnerSession> owners) {
    Login login = SshAuthentication.verified(session);
    Identity identity = login.identity();
    AuditEvent.Who who =
        AuditEvent.Who.of(identity, session.getUsername(), session.getClientAddress());
    Admission.of(session).loggedIn();
    Quota sessions = side.shares().sessions();
    if (!sessions.acquire(identity)) {
      Refusal why = sessions.refusal();
      if (side.shares().tally(identity).isTold()) {
        Audit.log(new AuditEvent(AuditEvent.Kind.REFUSAL, who, "a session", why));
      }
      return new SshConnection(
          session,
          session.keyExchange(),
          limits,
          connection -> new TurnedAway(connection, why)); // MINA's answer to the login comes first
    }
    return new SshConnection(
        session,
        session.keyExchange(),
        side.shares().limits(limits, identity),
        connection -> {
          OwnerSession owner =
              new OwnerSession(
                  connection,
                  side,
                  login,
                  who,
                  session.getClientVersion(),
                  ended -> {
                    owners.remove(ended);
                    sessions.release(identity);
                  });
          owners.add(owner);
          return owner;
        });
  }
}
