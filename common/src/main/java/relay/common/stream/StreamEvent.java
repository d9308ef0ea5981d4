package relay.common.stream;

import io.netty.buffer.ByteBuf;

/** What the connection hands to a stream, in the order in which it came. */
sealed interface StreamEvent {

  /** The other side confirmed: it takes {@code window} bytes, in packets of {@code maxPacket}. */
  record Opened(long window, int maxPacket) implements StreamEvent {}

  record Refused(OpenRefused why) implements StreamEvent {}

  record Data(ByteBuf bytes) implements StreamEvent {}

  record WindowAdjust(long bytes) implements StreamEvent {}

  record Request(ChannelRequest request) implements StreamEvent {}

  enum End implements StreamEvent {
    /** The other side sends no more data. */
    EOF,
    /** The other side closed after its EOF: all is whole. */
    CLOSE,
    /** The stream ended without the other side's EOF. */
    CUT
  }

  End EOF = End.EOF;
  End CLOSE = End.CLOSE;
  End CUT = End.CUT;
}
