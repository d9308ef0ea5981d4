package relay.common.stream;

import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.util.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/** A global request of the other side (RFC 4254 §4). All methods on the session's event loop. */
public final class GlobalRequest {

  private enum Answer {
    NONE,
    SUCCESS,
    FAILURE
  }

  private final GlobalRequests queue;
  private final String name;
  private final boolean wantReply;
  private final Buffer details;
  private Answer answer = Answer.NONE;
  private int port;
  private Runnable beforeAnswer = () -> {};

  GlobalRequest(GlobalRequests queue, String name, boolean wantReply, Buffer details) {
    this.queue = queue;
    this.name = name;
    this.wantReply = wantReply;
    this.details = details;
  }

  public String name() {
    return name;
  }

  public boolean wantReply() {
    return wantReply;
  }

  /** What the name adds to the request; valid only while the call that brought it lasts. */
  public Buffer details() {
    return details;
  }

  /**
   * What is to be done when the answer's turn has come, just before it is sent: so that what people
   * are told of several requests comes in the order in which they asked.
   */
  public void beforeAnswer(Runnable action) {
    beforeAnswer = action;
  }

  void answering() {
    beforeAnswer.run();
  }

  public void succeed() {
    answer(Answer.SUCCESS);
  }

  /** Succeeds and tells the port that was allocated (RFC 4254 §7.1). */
  public void succeed(int allocatedPort) {
    port = allocatedPort;
    answer(Answer.SUCCESS);
  }

  public void fail() {
    answer(Answer.FAILURE);
  }

  private void answer(Answer with) {
    if (answer != Answer.NONE) {
      throw new IllegalStateException(name + " was answered twice");
    }
    answer = with;
    if (wantReply) {
      queue.flush();
    } else {
      answering();
    }
  }

  /** The packet that answers, or null while nobody has decided. */
  @Nullable Buffer takeAnswer(SshConnection connection) {
    return switch (answer) {
      case NONE -> null;
      case FAILURE -> connection.packet(SshConstants.SSH_MSG_REQUEST_FAILURE, 1);
      case SUCCESS -> {
        Buffer packet = connection.packet(SshConstants.SSH_MSG_REQUEST_SUCCESS, 5);
        if (port != 0) {
          packet.putUInt(port);
        }
        yield packet;
      }
    };
  }
}
