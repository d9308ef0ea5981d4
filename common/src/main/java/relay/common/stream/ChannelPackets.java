package relay.common.stream;

import java.util.function.Consumer;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.session.helpers.AbstractSession;
import org.apache.sshd.common.util.buffer.Buffer;

/**
 * The messages of RFC 4254 §5 that we send, but for data; not yet encrypted. On the session's event
 * loop.
 */
final class ChannelPackets {

  private final AbstractSession session;
  private final int window;

  /**
   * @param window what each stream of ours grants at first, in bytes
   */
  ChannelPackets(AbstractSession session, int window) {
    this.session = session;
    this.window = window;
  }

  Buffer open(StreamState state, String type, Consumer<Buffer> details) {
    Buffer packet = session.createBuffer(SshConstants.SSH_MSG_CHANNEL_OPEN, 128);
    packet.putString(type);
    packet.putUInt(state.id);
    packet.putUInt(window);
    packet.putUInt(SshConnection.MAX_PACKET);
    details.accept(packet);
    return packet;
  }

  Buffer confirmation(StreamState state) {
    Buffer packet = session.createBuffer(SshConstants.SSH_MSG_CHANNEL_OPEN_CONFIRMATION, 24);
    packet.putUInt(state.peerId);
    packet.putUInt(state.id);
    packet.putUInt(window);
    packet.putUInt(SshConnection.MAX_PACKET);
    return packet;
  }

  Buffer refusal(int peerId, int reason, String message) {
    Buffer packet = session.createBuffer(SshConstants.SSH_MSG_CHANNEL_OPEN_FAILURE, 64);
    packet.putUInt(peerId);
    packet.putUInt(reason);
    packet.putString(message);
    packet.putString("");
    return packet;
  }

  Buffer windowAdjust(StreamState state, int bytes) {
    Buffer packet = session.createBuffer(SshConstants.SSH_MSG_CHANNEL_WINDOW_ADJUST, 12);
    packet.putUInt(state.peerId);
    packet.putUInt(bytes);
    return packet;
  }

  /** One that wants no reply. */
  Buffer request(StreamState state, String type, Consumer<Buffer> details) {
    Buffer packet = session.createBuffer(SshConstants.SSH_MSG_CHANNEL_REQUEST, 64);
    packet.putUInt(state.peerId);
    packet.putString(type);
    packet.putBoolean(false);
    details.accept(packet);
    return packet;
  }

  /** EOF, CLOSE, SUCCESS or FAILURE: nothing but whom it is for. */
  Buffer bare(byte command, StreamState state) {
    Buffer packet = session.createBuffer(command, 8);
    packet.putUInt(state.peerId);
    return packet;
  }
}
