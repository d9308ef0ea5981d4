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
    server.setPublickeyAuthenticator(
        (user, key, session) -> find(ring, key, user, session) != null);
    server.setPasswordAuthenticator(null);
    server.setKeyboardInteractiveAuthenticator(null);
    server.setHostBasedAuthenticator(null);
    server.setGSSAuthenticator(null);
  }

  /**
   * Who has proved by a signature to hold a key, with the rights that the key had then: known as
   * soon as the signature is verified, so also in {@code resolveWelcomeBanner} after success.
   *
   * @throws IllegalStateException where nobody has; a key that was only named is nobody
   */
  public static Login verified(ServerSession session) {
    Login login = session.getAttribute(VerifiedKey.LOGIN);
    if (login == null) {
      throw new IllegalStateException("not authenticated: " + session.getRemoteAddress());
    }
    return login;
  }

  /** Who logs in if the signature is good; null where the key has no rights now, or from there. */
  static @Nullable Login find(
      Supplier<KeyRing> ring, PublicKey key, String user, ServerSession session) {
    if (!(session.getClientAddress() instanceof InetSocketAddress client)) {
      return null;
    }
    KeyRing.Entry entry = ring.get().find(key, user, client.getAddress(), Instant.now());
    return entry == null
        ? null
        : new Login(key, user, client.getAddress(), entry.identity(), entry.grants());
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
