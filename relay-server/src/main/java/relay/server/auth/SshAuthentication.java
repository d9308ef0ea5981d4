package relay.server.auth;

import java.net.InetSocketAddress;
import java.security.PublicKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.apache.sshd.common.AttributeRepository.AttributeKey;
import org.apache.sshd.server.SshServer;
import org.apache.sshd.server.auth.AbstractUserAuthFactory;
import org.apache.sshd.server.auth.UserAuth;
import org.apache.sshd.server.auth.UserAuthFactory;
import org.apache.sshd.server.session.ServerSession;
import org.jspecify.annotations.Nullable;

/** The server's authentication: who is let in by what, and who it was in the end. */
public final class SshAuthentication {

  /** Set once it is proved who it is, and nowhere else. */
  private static final AttributeKey<Login> LOGIN = new AttributeKey<>();

  private SshAuthentication() {}

  /**
   * Sets what is asked about keys. {@link UserAuthService}, which says by what one may log in,
   * belongs to it, as the first service of {@code SshServer.setServiceFactories}.
   */
  public static void apply(SshServer server, LetIn letIn) {
    server.setUserAuthFactories(methods(letIn));
    server.setPublickeyAuthenticator(
        (user, key, session) -> find(letIn.keys(), key, user, session) != null);
    server.setPasswordAuthenticator(null);
    server.setKeyboardInteractiveAuthenticator(null);
    server.setHostBasedAuthenticator(null);
    server.setGSSAuthenticator(null);
  }

  /**
   * By what one may log in now. Where there is no token, tokens are not asked for: ssh then says of
   * a wrong key what it says everywhere, and asks nobody for a password.
   */
  static List<UserAuthFactory> methods(LetIn letIn) {
    List<UserAuthFactory> methods = new ArrayList<>();
    methods.add(new Method(VerifiedKey.NAME, () -> new VerifiedKey(letIn.keys())));
    boolean tokens = !letIn.tokens().get().isEmpty();
    if (tokens || letIn.anonymous().areLetIn()) {
      methods.add(new Method(TokenPrompt.NAME, () -> new TokenPrompt(letIn, tokens)));
    }
    if (tokens) {
      methods.add(new Method(TokenPassword.NAME, () -> new TokenPassword(letIn.tokens())));
    }
    return List.copyOf(methods);
  }

  /**
   * Who has proved to be somebody, with the rights that he had then: known as soon as it is proved,
   * so also in {@code resolveWelcomeBanner} after success.
   *
   * @throws IllegalStateException where nobody has; a key that was only named is nobody
   */
  public static Login verified(ServerSession session) {
    Login login = session.getAttribute(LOGIN);
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
        : new Login(
            new Login.Proof.Key(key), user, client.getAddress(), entry.identity(), entry.grants());
  }

  /** Notes who it is. */
  static void note(ServerSession session, Login login) {
    session.setAttribute(LOGIN, login);
  }

  /** Lets in who gives a token; false where it is none. */
  static boolean accept(Tokens tokens, byte[] given, String user, ServerSession session) {
    if (!(session.getClientAddress() instanceof InetSocketAddress client)) {
      return false;
    }
    Token token = tokens.find(given, client.getAddress(), Instant.now());
    if (token == null) {
      return false;
    }
    note(
        session,
        new Login(
            new Login.Proof.OfToken(token.id()),
            user,
            client.getAddress(),
            token.identity(),
            token.grants()));
    return true;
  }

  private static final class Method extends AbstractUserAuthFactory {

    private final Supplier<UserAuth> maker;

    Method(String name, Supplier<UserAuth> maker) {
      super(name);
      this.maker = maker;
    }

    @Override
    public UserAuth createUserAuth(ServerSession session) {
      return maker.get();
    }
  }
}
