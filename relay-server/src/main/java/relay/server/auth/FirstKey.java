package relay.server.auth;

import java.io.IOException;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import relay.common.ssh.Agent;
import relay.common.ssh.KeyFileException;
import relay.common.ssh.KeyFiles;

/** The key pair in the data directory that is let in always, so that a first tunnel needs none. */
public final class FirstKey {

  private static final Logger LOG = LoggerFactory.getLogger(FirstKey.class);

  static final String COMMENT = "relay-first-key";

  private final Path file;
  private final PublicKey key;

  private FirstKey(Path file, PublicKey key) {
    this.file = file;
    this.key = key;
  }

  /**
   * Reads the pair, or makes it on the first start. Blocking.
   *
   * @throws KeyFileException where it cannot be used
   */
  public static FirstKey in(Path dataDirectory) throws KeyFileException {
    Path file = dataDirectory.resolve("first-key");
    return new FirstKey(file, KeyFiles.readOrMake(file, COMMENT).getPublic());
  }

  PublicKey key() {
    return key;
  }

  /**
   * The file to give to {@code ssh -i}, where ssh would find no key by itself that is let in:
   * neither among the private keys of {@code ~/.ssh} nor in the agent. Blocking.
   *
   * @param sshDirectory {@code ~/.ssh}, or null
   * @param agentSocket what {@code SSH_AUTH_SOCK} names, or null
   */
  public Optional<Path> hint(
      KeyRing ring, @Nullable Path sshDirectory, @Nullable Path agentSocket) {
    boolean found =
        sshDirectory != null
            && KeyFiles.identitiesOfSsh(sshDirectory).stream()
                .flatMap(identity -> KeyFiles.publicKeyOf(identity).stream())
                .anyMatch(ring::has);
    return found || (agentSocket != null && agentHasKey(ring, agentSocket))
        ? Optional.empty()
        : Optional.of(file);
  }

  private static boolean agentHasKey(KeyRing ring, Path socket) {
    try (Agent agent = Agent.connect(socket)) {
      for (Map.Entry<PublicKey, String> identity : agent.getIdentities()) {
        if (ring.has(identity.getKey())) {
          return true;
        }
      }
    } catch (IOException e) {
      LOG.debug("agent {}: {}", socket, e.getMessage());
    }
    return false;
  }
}
