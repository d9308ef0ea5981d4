package relay.client.session;

import java.io.IOException;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.sshd.agent.SshAgent;
import org.apache.sshd.agent.SshAgentFactory;
import org.apache.sshd.agent.SshAgentKeyConstraint;
import org.apache.sshd.agent.SshAgentServer;
import org.apache.sshd.common.FactoryManager;
import org.apache.sshd.common.channel.ChannelFactory;
import org.apache.sshd.common.session.ConnectionService;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.session.SessionContext;
import org.jspecify.annotations.Nullable;
import relay.common.ssh.Agent;

/** The user's agent, of whose keys only some are offered; for signing alone. */
final class AgentKeys implements SshAgent {

  private final Agent agent;
  private final Set<PublicKey> offered;

  private AgentKeys(Agent agent, Set<PublicKey> offered) {
    this.agent = agent;
    this.offered = offered;
  }

  static SshAgentFactory factory(Path socket, Set<PublicKey> offered) {
    return new SshAgentFactory() {
      @Override
      public List<ChannelFactory> getChannelForwardingFactories(FactoryManager manager) {
        return List.of();
      }

      // Null for none: an agent that has gone leaves the keys in files.
      @Override
      @SuppressWarnings("NullAway") // MINA's interface is not annotated
      public SshAgent createClient(Session session, FactoryManager manager) {
        try {
          return new AgentKeys(Agent.connect(socket), offered);
        } catch (IOException e) {
          return null;
        }
      }

      @Override
      public SshAgentServer createServer(ConnectionService service) {
        throw new UnsupportedOperationException("the agent is not forwarded");
      }
    };
  }

  @Override
  public Iterable<? extends Map.Entry<PublicKey, String>> getIdentities() throws IOException {
    List<Map.Entry<PublicKey, String>> identities = new ArrayList<>();
    for (Map.Entry<PublicKey, String> entry : agent.getIdentities()) {
      if (offered.contains(entry.getKey())) {
        identities.add(entry);
      }
    }
    return identities;
  }

  @Override
  public Map.Entry<String, byte[]> sign(
      SessionContext session, PublicKey key, String algorithm, byte[] data) throws IOException {
    return agent.sign(session, key, algorithm, data);
  }

  @Override
  @SuppressWarnings("NullAway") // as above: the private key is the agent's alone
  public @Nullable KeyPair resolveLocalIdentity(PublicKey key) {
    return null;
  }

  @Override
  public void addIdentity(KeyPair pair, String comment, SshAgentKeyConstraint... constraints) {
    throw new UnsupportedOperationException("the agent's keys are not ours to change");
  }

  @Override
  public void removeIdentity(PublicKey key) {
    throw new UnsupportedOperationException("the agent's keys are not ours to change");
  }

  @Override
  public void removeAllIdentities() {
    throw new UnsupportedOperationException("the agent's keys are not ours to change");
  }

  @Override
  public boolean isOpen() {
    return agent.isOpen();
  }

  @Override
  public void close() throws IOException {
    agent.close();
  }
}
