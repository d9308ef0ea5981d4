package relay.server.auth;

import java.util.function.Supplier;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.server.auth.AbstractUserAuth;

/**
 * A token in the place of a password (RFC 4252 §8). MINA's own class would make a string of it,
 * which stays in memory, and takes one of any length.
 */
final class TokenPassword extends AbstractUserAuth {

  static final String NAME = "password";

  private final Supplier<Tokens> tokens;

  TokenPassword(Supplier<Tokens> tokens) {
    super(NAME);
    this.tokens = tokens;
  }

  @Override
  protected Boolean doAuth(Buffer buffer, boolean init) {
    boolean change = buffer.getBoolean(); // to another password, which there is not
    byte[] given = TokenPrompt.answer(buffer);
    return init
        && !change
        && given != null
        && SshAuthentication.accept(tokens.get(), given, getUsername(), getServerSession());
  }
}
