package relay.server.auth;

import java.util.Arrays;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.server.auth.AbstractUserAuth;
import org.apache.sshd.server.session.ServerSession;
import org.jspecify.annotations.Nullable;

/**
 * Keyboard-interactive (RFC 4256): a token is asked for by one prompt. Where whoever comes is let
 * in, nothing is asked; but where there are tokens too, an empty answer lets in without one, since
 * ssh tries this method before {@code password}, and whoever has a token would come in without it.
 */
final class TokenPrompt extends AbstractUserAuth {

  static final String NAME = "keyboard-interactive";

  private final LetIn letIn;
  private final boolean prompts;

  /**
   * @param prompts whether there are tokens to ask for
   */
  TokenPrompt(LetIn letIn, boolean prompts) {
    super(NAME);
    this.letIn = letIn;
    this.prompts = prompts;
  }

  @Override
  protected @Nullable Boolean doAuth(Buffer buffer, boolean init) throws Exception {
    if (init) {
      ask();
      return null;
    }
    if (buffer.getUByte() != SshConstants.SSH_MSG_USERAUTH_INFO_RESPONSE
        || buffer.getInt() != (prompts ? 1 : 0)) {
      return Boolean.FALSE;
    }
    byte[] given = prompts ? answer(buffer) : new byte[0];
    if (given == null) {
      return Boolean.FALSE;
    }
    if (given.length == 0 && letIn.anonymous().areLetIn()) {
      return letIn.anonymous().accept(getUsername(), getServerSession());
    }
    return SshAuthentication.accept(letIn.tokens().get(), given, getUsername(), getServerSession());
  }

  private void ask() throws Exception {
    ServerSession session = getServerSession();
    Buffer packet = session.createBuffer(SshConstants.SSH_MSG_USERAUTH_INFO_REQUEST);
    packet.putString(""); // a name
    packet.putString(""); // what to do
    packet.putString(""); // the language of both
    packet.putInt(prompts ? 1 : 0);
    if (prompts) {
      packet.putString(letIn.anonymous().areLetIn() ? "Token (or none): " : "Token: ");
      packet.putBoolean(false); // not shown while it is typed
    }
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
