package relay.server.ssh;

import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.sshd.common.io.IoHandler;
import org.apache.sshd.common.io.IoSession;
import org.apache.sshd.core.CoreModuleProperties;
import org.apache.sshd.server.SshServer;
import org.apache.sshd.server.auth.WelcomeBannerPhase;
import org.apache.sshd.server.session.ServerSessionImpl;
import org.apache.sshd.server.session.SessionFactory;
import relay.common.config.Version;
import relay.common.ssh.Algorithms;
import relay.common.ssh.HostKey;
import relay.common.stream.SshConnection;
import relay.common.stream.StreamLimits;
import relay.server.auth.KeyRing;
import relay.server.auth.SshAuthentication;

/** MINA set up for us: transport and authentication are its, all that follows is ours. */
public final class SshServices {

  private final SshSide side;
  private final StreamLimits limits;
  private final Supplier<KeyRing> ring;
  private final HostKey hostKey;

  /**
   * @param ring who is let in, asked at every try
   */
  public SshServices(
      SshSide side, StreamLimits limits, Supplier<KeyRing> ring, HostKey hostKey) {
    this.side = side;
    this.limits = limits;
    this.ring = ring;
    this.hostKey = hostKey;
  }

  /**
   * @param owners where authenticated sessions are kept while they live
   */
  IoHandler sessions(Set<OwnerSession> owners) {
    SshServer server = new ConfiguredServer();
    Algorithms.apply(server);
    CoreModuleProperties.SERVER_IDENTIFICATION.set(server, "Relay_" + Version.current());
    CoreModuleProperties.WELCOME_BANNER_PHASE.set(server, WelcomeBannerPhase.POST_SUCCESS);
    server.setKeyPairProvider(hostKey.provider());
    SshAuthentication.apply(server, ring);
    server.setServiceFactories(
        List.of(
            BannerService.factory(side),
            ConnectionService.factory(session -> connect(session, owners))));
    ((ConfiguredServer) server).check();
    return new SessionFactory(server) {
      @Override
      protected ServerSessionImpl doCreateSession(IoSession transport) throws Exception {
        return new RelaySession(getServer(), transport);
      }
    };
  }

  private SshConnection connect(RelaySession session, Set<OwnerSession> owners) {
    KeyRing.Entry who = SshAuthentication.verified(session);
    return new SshConnection(
        session,
        session.keyExchange(),
        limits,
        connection -> {
          OwnerSession owner =
              new OwnerSession(
                  connection, side, who.identity(), who.grants(), session.getClientVersion(), owners::remove);
          owners.add(owner);
          return owner;
        });
  }

  /** Never started: nothing of MINA's listens or runs threads. */
  private static final class ConfiguredServer extends SshServer {
    void check() {
      checkConfig();
    }
  }
}
