package relay.common.stream;

import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;

/**
 * A request on one channel (RFC 4254 §5.4), as a user event of its stream. One that wants a reply
 * must be answered once, in order.
 */
public final class ChannelRequest {

  private final StreamState state;
  private final SshConnection connection;
  private final String type;
  private final boolean wantReply;
  private final byte[] details;

  ChannelRequest(
      StreamState state, SshConnection connection, String type, boolean wantReply, byte[] details) {
    this.state = state;
    this.connection = connection;
    this.type = type;
    this.wantReply = wantReply;
    this.details = details;
  }

  public String type() {
    return type;
  }

  /** What the type adds to the request. */
  public Buffer details() {
    return new ByteArrayBuffer(details);
  }

  /** Answers, if an answer is wanted. Any thread. */
  public void answer(boolean success) {
    if (wantReply) {
      connection.answer(state, success);
    }
  }
}
