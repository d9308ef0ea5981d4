package relay.common.stream;

import io.netty.buffer.ByteBuf;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.SshException;
import org.apache.sshd.common.util.buffer.Buffer;

/**
 * The messages of RFC 4254 §5 that come for channels we know, as events of their streams. On the
 * session's event loop.
 */
final class ChannelMessages {

  private final SshConnection connection;
  private final Streams streams;

  ChannelMessages(SshConnection connection, Streams streams) {
    this.connection = connection;
    this.streams = streams;
  }

  /**
   * Takes a message, its number read already.
   *
   * @throws SshException where it breaks the protocol
   */
  void process(int command, Buffer buffer) throws SshException {
    if (command < SshConstants.SSH_MSG_CHANNEL_OPEN_CONFIRMATION
        || command > SshConstants.SSH_MSG_CHANNEL_FAILURE) {
      throw SshConnection.violation("message " + command + " is none of the connection protocol's");
    }
    int id = buffer.getInt();
    StreamState state = streams.get(id);
    if (state == null) {
      if (!streams.had(id)) {
        throw SshConnection.violation(
            "channel " + Integer.toUnsignedString(id) + " was never opened");
      }
      return; // it was closed in both directions: a straggler
    }
    boolean answersOpen =
        command == SshConstants.SSH_MSG_CHANNEL_OPEN_CONFIRMATION
            || command == SshConstants.SSH_MSG_CHANNEL_OPEN_FAILURE;
    if (answersOpen != state.isUnanswered()) {
      throw SshConnection.violation(
          "message " + command + " does not fit channel " + id + ", which is " + state.phase);
    }
    switch (command) {
      case SshConstants.SSH_MSG_CHANNEL_DATA -> data(state, buffer);
      case SshConstants.SSH_MSG_CHANNEL_WINDOW_ADJUST ->
          streams.tell(state, new StreamEvent.WindowAdjust(buffer.getUInt()));
      case SshConstants.SSH_MSG_CHANNEL_EOF -> {
        if (!state.eofReceived && state.phase == StreamState.Phase.OPEN) {
          state.eofReceived = true;
          streams.tell(state, StreamEvent.EOF);
        }
      }
      case SshConstants.SSH_MSG_CHANNEL_CLOSE -> peerClosed(state);
      case SshConstants.SSH_MSG_CHANNEL_OPEN_CONFIRMATION -> confirmed(state, buffer);
      case SshConstants.SSH_MSG_CHANNEL_OPEN_FAILURE -> refused(state, buffer);
      case SshConstants.SSH_MSG_CHANNEL_REQUEST -> channelRequest(state, buffer);
      case SshConstants.SSH_MSG_CHANNEL_EXTENDED_DATA -> {
        buffer.getInt();
        int length = takeLength(state, buffer);
        connection.grant(state, length); // nobody here reads a standard error of the other side
      }
      default -> {
        // SUCCESS and FAILURE: we send no channel request that wants a reply
      }
    }
  }

  private static int takeLength(StreamState state, Buffer buffer) throws SshException {
    int length = buffer.getInt();
    if (length < 0 || length > buffer.available()) {
      throw SshConnection.violation(
          "a data packet says " + length + " bytes and has " + buffer.available());
    }
    state.take(length, SshConnection.MAX_PACKET);
    return length;
  }

  private void data(StreamState state, Buffer buffer) throws SshException {
    int length = takeLength(state, buffer);
    if (length == 0 || state.phase != StreamState.Phase.OPEN) {
      return; // we closed it: what is under way for it is dropped
    }
    ByteBuf bytes = state.channel.alloc().buffer(length, length);
    bytes.writeBytes(buffer.array(), buffer.rpos(), length);
    streams.tell(state, new StreamEvent.Data(bytes));
  }

  /**
   * A whole stream is closed on our side once it has been read: until then what it holds counts
   * towards the channels that a session may have.
   */
  private void peerClosed(StreamState state) throws SshException {
    if (state.closeReceived) {
      throw SshConnection.violation("channel " + state.id + " was closed twice");
    }
    state.closeReceived = true;
    if (state.phase == StreamState.Phase.OPEN && !state.eofReceived) {
      state.phase = StreamState.Phase.CLOSING;
      connection.sendClose(state);
    }
    streams.tellEnd(state);
    connection.forgetIfClosed(state);
  }

  private void confirmed(StreamState state, Buffer buffer) {
    if (state.phase == StreamState.Phase.TOMBSTONE) {
      state.confirmed(buffer.getInt());
      state.phase = StreamState.Phase.CLOSING;
      connection.sendClose(state);
      return;
    }
    state.confirmed(buffer.getInt());
    streams.tell(
        state, new StreamEvent.Opened(buffer.getUInt(), (int) Math.min(buffer.getUInt(), 1 << 17)));
  }

  private void refused(StreamState state, Buffer buffer) {
    int reason = buffer.getInt();
    if (state.openTimer != null) {
      state.openTimer.cancel(false);
    }
    streams.remove(state);
    streams.tell(
        state,
        new StreamEvent.Refused(
            new OpenRefused(OpenRefused.Reason.REFUSED, reason + " " + buffer.getString())));
  }

  private void channelRequest(StreamState state, Buffer buffer) {
    String type = buffer.getString();
    boolean wantReply = buffer.getBoolean();
    byte[] details = new byte[buffer.available()];
    buffer.getRawBytes(details);
    streams.tell(
        state,
        new StreamEvent.Request(new ChannelRequest(state, connection, type, wantReply, details)));
  }
}
