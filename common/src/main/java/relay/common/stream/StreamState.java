package relay.common.stream;

import io.netty.util.concurrent.ScheduledFuture;
import java.util.ArrayList;
import java.util.List;
import org.apache.sshd.common.SshException;
import org.jspecify.annotations.Nullable;

/** The connection's side of a stream: ids and what the other side may do. On the session's loop. */
final class StreamState {

  enum Phase {
    /** CHANNEL_OPEN was sent. */
    OPENING,
    /** Given up while it was opening; a late confirmation is answered with CLOSE. */
    TOMBSTONE,
    OPEN,
    /** CLOSE was sent; until the other side's comes, what it still sends is dropped. */
    CLOSING
  }

  final int id;
  final SshStreamChannel channel;
  volatile int peerId;
  Phase phase = Phase.OPENING;
  long receiveWindow;
  boolean eofReceived;
  boolean closeSent;
  boolean closeReceived;
  @Nullable ScheduledFuture<?> openTimer;
  List<StreamEvent> pending = new ArrayList<>(2);

  StreamState(int id, SshStreamChannel channel, int window) {
    this.id = id;
    this.channel = channel;
    this.receiveWindow = window;
  }

  void confirmed(int peer) {
    peerId = peer;
    phase = Phase.OPEN;
    if (openTimer != null) {
      openTimer.cancel(false);
      openTimer = null;
    }
  }

  boolean isUnanswered() {
    return phase == Phase.OPENING || phase == Phase.TOMBSTONE;
  }

  /** Whether the other side still takes what we send for the stream. */
  boolean isSending() {
    return phase == Phase.OPEN && !closeReceived;
  }

  /** Takes {@code length} bytes off the window that was granted. */
  void take(int length, int maxPacket) throws SshException {
    if (length < 0 || length > maxPacket || length > receiveWindow) {
      throw SshConnection.violation(
          "channel " + id + " sent " + length + " bytes where " + receiveWindow + " were granted");
    }
    if (eofReceived) {
      throw SshConnection.violation("channel " + id + " sent data after its end");
    }
    receiveWindow -= length;
  }

  List<StreamEvent> takePending() {
    List<StreamEvent> batch = pending;
    pending = new ArrayList<>(2);
    return batch;
  }
}
