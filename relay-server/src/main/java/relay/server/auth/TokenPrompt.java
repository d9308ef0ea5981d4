package relay.server.auth;

import java.util.Arrays;
import java.util.function.Supplier;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.server.auth.AbstractUserAuth;
import org.apache.sshd.server.session.ServerSession;
import org.jspecify.annotations.Nullable;

/** A token that is asked for by one prompt of keyboard-interactive (RFC 4256). */
final class TokenPrompt extends AbstractUserAuth {

  static final String NAME = "keyboard-interactive";

  private static final String PROMPT = "Token: ";

  private final Supplier<Tokens> tokens;

  TokenPrompt(Supplier<Tokens> tokens) {
    super(NAME);
    this.tokens = tokens;
  }

  @Override
  protected @Nullable Boolean doAuth(Buffer buffer, boolean init) throws Exception {
    if (init) {
      ask();
      return null;
    }
    if (buffer.getUByte() != SshConstants.SSH_MSG_USERAUTH_INFO_RESPONSE || buffer.getInt() != 1) {
      return Boolean.FALSE;
    }
    byte[] given = answer(buffer);
    return given != null
        && SshAuthentication.accept(tokens.get(), given, getUsername(), getServerSession());
  }

  private void ask() throws Exception {
    ServerSession session = getServerSession();
    Buffer packet = session.createBuffer(SshConstants.SSH_MSG_USERAUTH_INFO_REQUEST);
    packet.putString(""); // a name
    packet.putString(""); // what to do
    packet.putString(""); // the language of both
    packet.putInt(1);
    packet.putString(PROMPT);
    packet.putBoolean(false); // not shown while it is typed
    session.writePacket(packet);
  }

  /**
   * What was given, and nothing of it is left in the buffer; null where it is too long for a token,
   * of which no copy is made then.
   */
  static byte @Nullable [] answer(Buffer buffer) {
    int length = buffer.getInt();
    if (length < 0 || length > TokenText.MAX_GIVEN || length > buffer.available()) {
      return null;
    }
    int start = buffer.rpos();
    byte[] given = new byte[length];
    buffer.getRawBytes(given);
    Arrays.fill(buffer.array(), start, start + length, (byte) 0);
    return given;
  }
}
