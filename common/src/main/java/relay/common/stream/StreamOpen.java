package relay.common.stream;

import io.netty.channel.EventLoop;
import java.io.IOException;
import org.apache.sshd.common.util.buffer.Buffer;

/** The other side asks for a channel (RFC 4254 §5.1). To be answered once, on the event loop. */
public final class StreamOpen {

  private final SshConnection connection;
  private final String type;
  private final int peerId;
  private final long window;
  private final int maxPacket;
  private final Buffer details;

  StreamOpen(
      SshConnection connection,
      String type,
      int peerId,
      long window,
      long maxPacket,
      Buffer details) {
    this.connection = connection;
    this.type = type;
    this.peerId = peerId;
    this.window = window;
    this.maxPacket = (int) Math.min(maxPacket, 1 << 17);
    this.details = details;
  }

  public String type() {
    return type;
  }

  /** What the type adds to the request; valid only while the call that brought it lasts. */
  public Buffer details() {
    return details;
  }

  /**
   * Confirms the channel.
   *
   * @param on the event loop on which the stream lives
   * @return the stream, with auto-read off; handlers added at once miss nothing if {@code on} is
   *     the session's own loop, since a stream hands on nothing before {@code read()}
   * @throws java.nio.channels.ClosedChannelException where the session is over
   */
  public SshStreamChannel accept(EventLoop on) throws IOException {
    return connection.accept(on, peerId, window, maxPacket);
  }

  /**
   * Refuses the channel; does nothing where the session is over.
   *
   * @param reason as in RFC 4254 §5.1: 1 prohibited, 2 connect failed, 3 unknown type, 4 shortage
   */
  public void refuse(int reason, String message) throws IOException {
    connection.refuse(peerId, reason, message);
  }
}
