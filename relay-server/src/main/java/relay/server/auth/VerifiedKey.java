package relay.server.auth;

import java.security.PublicKey;
import java.util.List;
import java.util.function.Supplier;
import org.apache.sshd.common.AttributeRepository.AttributeKey;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.server.auth.pubkey.UserAuthPublicKey;
import org.apache.sshd.server.session.ServerSession;

/**
 * Public-key authentication (RFC 4252 §7) that notes whose signature was verified. MINA asks its
 * {@code PublickeyAuthenticator} for keys that are only named, too; so nothing that is noted there
 * says who logs in. Certificates are refused unread.
 */
final class VerifiedKey extends UserAuthPublicKey {

  /** Set once a signature was verified, and nowhere else. */
  static final AttributeKey<Login> LOGIN = new AttributeKey<>();

  private final Supplier<KeyRing> ring;

  VerifiedKey(Supplier<KeyRing> ring) {
    this.ring = ring;
  }

  @Override
  public Boolean doAuth(Buffer buffer, boolean init) throws Exception {
    if (!init || !isAccepted(buffer)) {
      return Boolean.FALSE;
    }
    Boolean verified = super.doAuth(buffer, true);
    return Boolean.TRUE.equals(verified) ? note(getServerSession()) : verified;
  }

  /** False where the key was taken off the ring since it was named. */
  private Boolean note(ServerSession session) {
    List<PublicKey> keys = session.getAttribute(AUTHENTICATED_KEYS);
    if (keys == null || keys.isEmpty()) {
      return Boolean.FALSE;
    }
    Login login = SshAuthentication.find(ring, keys.get(keys.size() - 1), session);
    if (login == null) {
      return Boolean.FALSE;
    }
    session.setAttribute(LOGIN, login);
    return Boolean.TRUE;
  }

  /** Whether we know the algorithm, and the key is one of that kind. Leaves the buffer as it is. */
  private boolean isAccepted(Buffer buffer) {
    int start = buffer.rpos();
    try {
      buffer.getBoolean(); // whether a signature follows
      String algorithm = buffer.getString();
      buffer.getInt(); // length of the key
      String type = buffer.getString();
      return getServerSession().getSignatureFactoriesNames().contains(algorithm)
          && type.equals(KeyUtils.getCanonicalKeyType(algorithm));
    } finally {
      buffer.rpos(start);
    }
  }
}
