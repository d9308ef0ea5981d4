package relay.server.auth;

import java.net.InetSocketAddress;
import java.security.PublicKey;
import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;
import org.apache.sshd.server.SshServer;
import org.apache.sshd.server.auth.pubkey.UserAuthPublicKey;
import org.apache.sshd.server.auth.pubkey.UserAuthPublicKeyFactory;
import org.apache.sshd.server.session.ServerSession;
import org.jspecify.annotations.Nullable;

/** The server's authentication: the keys of a ring, and who it was in the end. */
public final class SshAuthentication {

  private SshAuthentication() {}

  /**
   * Sets publickey as the only method. {@link UserAuthService} belongs to it, as the first service
   * of {@code SshServer.setServiceFactories}.
   *
   * @param ring asked at each try, so that a reload counts from the next one on
   */
  public static void apply(SshServer server, Supplier<KeyRing> ring) {
    server.setUserAuthFactories(List.of(new Factory(ring)));
    server.setPublickeyAuthenticator((user, key, session) -> find(ring, key, session) != null);
    server.setPasswordAuthenticator(null);
    server.setKeyboardInteractiveAuthenticator(null);
    server.setHostBasedAuthenticator(null);
    server.setGSSAuthenticator(null);
  }

  /**
   * Who has proved by a signature to hold a key, with the rights that the key had then. Known as
   * soon as the signature is verified, so also in {@code resolveWelcomeBanner} after success.
   *
   * @throws IllegalStateException where nobody has; a key that was only named is nobody
   */
  public static KeyRing.Entry verified(ServerSession session) {
    KeyRing.Entry entry = session.getAttribute(VerifiedKey.ENTRY);
    if (entry == null) {
      throw new IllegalStateException("not authenticated: " + session.getRemoteAddress());
    }
    return entry;
  }

  /** The rights that the key has now, from where the session comes; null where it has none. */
  static KeyRing.@Nullable Entry find(
      Supplier<KeyRing> ring, PublicKey key, ServerSession session) {
    return session.getClientAddress() instanceof InetSocketAddress client
        ? ring.get().find(key, client.getAddress(), Instant.now())
        : null;
  }

  private static final class Factory extends UserAuthPublicKeyFactory {

    private final Supplier<KeyRing> ring;

    Factory(Supplier<KeyRing> ring) {
      this.ring = ring;
    }

    @Override
    public UserAuthPublicKey createUserAuth(ServerSession session) {
      return new VerifiedKey(ring);
    }
  }
}
