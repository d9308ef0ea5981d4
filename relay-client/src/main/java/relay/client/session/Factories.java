package relay.client.session;

import io.netty.channel.EventLoop;
import java.util.List;
import java.util.function.Function;
import org.apache.sshd.client.SshClient;
import org.apache.sshd.client.auth.password.PasswordIdentityProvider;
import org.apache.sshd.client.auth.password.UserAuthPasswordFactory;
import org.apache.sshd.client.auth.pubkey.UserAuthPublicKeyFactory;
import org.apache.sshd.client.session.ClientUserAuthServiceFactory;
import org.apache.sshd.common.keyprovider.KeyIdentityProvider;
import org.apache.sshd.core.CoreModuleProperties;
import relay.common.config.Version;
import relay.common.ssh.Algorithms;
import relay.common.stream.SshConnection;

/** MINA's {@code SshClient} as what we use it for, a set of factories: it is never started. */
final class Factories {

  private Factories() {}

  /**
   * For one session.
   *
   * @param loop also for MINA's own timers: without them it never closes what it disconnects
   * @param begin makes the connection once the server has let us in
   */
  static SshClient of(
      EventLoop loop,
      Settings settings,
      Identities identities,
      Function<MinaSession, SshConnection> begin) {
    SshClient client = new SshClient();
    client.setScheduledExecutorService(loop, false);
    Algorithms.apply(client);
    CoreModuleProperties.CLIENT_IDENTIFICATION.set(client, "Relay_" + Version.current());
    client.setServiceFactories(
        List.of(ClientUserAuthServiceFactory.INSTANCE, ConnectionService.factory(begin)));
    String token = settings.token();
    if (token != null) {
      client.setUserAuthFactories(List.of(UserAuthPasswordFactory.INSTANCE));
      client.setPasswordIdentityProvider(PasswordIdentityProvider.wrapPasswords(token));
      return client;
    }
    client.setUserAuthFactories(List.of(UserAuthPublicKeyFactory.INSTANCE));
    client.setKeyIdentityProvider(KeyIdentityProvider.wrapKeyPairs(identities.pairs()));
    if (settings.agent() != null && !identities.ofAgent().isEmpty()) {
      client.setAgentFactory(AgentKeys.factory(settings.agent(), identities.ofAgent()));
    }
    return client;
  }
}
