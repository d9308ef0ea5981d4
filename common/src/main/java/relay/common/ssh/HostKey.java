package relay.common.ssh;

import java.nio.file.Path;
import java.security.KeyPair;
import org.apache.sshd.common.keyprovider.KeyPairProvider;

/** The server's Ed25519 key, by which clients know it again. */
public final class HostKey {

  private static final String FILE = "host-key";

  private final KeyPair pair;

  private HostKey(KeyPair pair) {
    this.pair = pair;
  }

  /**
   * Reads {@code host-key} in the data directory; makes it, and {@code host-key.pub}, on the first
   * start. Blocking: for start-up.
   *
   * @throws KeyFileException where it is broken, no Ed25519 key or open to others
   */
  public static HostKey in(Path dataDirectory) throws KeyFileException {
    Path file = dataDirectory.resolve(FILE);
    KeyPair pair = KeyFiles.readOrMake(file, "relay host key");
    if (!PublicKeyLine.format(pair.getPublic(), "").startsWith("ssh-ed25519 ")) {
      throw new KeyFileException(file + " is no Ed25519 key, which a relay's host key must be");
    }
    return new HostKey(pair);
  }

  /** For {@code SshServer.setKeyPairProvider}. */
  public KeyPairProvider provider() {
    return KeyPairProvider.wrap(pair);
  }

  /** {@code SHA256:…}, as ssh shows it when it asks whether to go on. */
  public String fingerprint() {
    return PublicKeyLine.fingerprint(pair.getPublic());
  }

  /** The public key as one line, as in {@code host-key.pub}. */
  public String publicLine() {
    return PublicKeyLine.format(pair.getPublic(), "");
  }
}
