package relay.common.http;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Reads the octets of a chunked body before a parser interprets them, as {@link HeadScan} does with
 * a head: sizes, extensions and line ends by the letter of RFC 9112 §7.1, and the trailers as a
 * head's lines. Data is stepped over; nothing is looked at twice.
 */
final class ChunkScan {

  private enum State {
    SIZE_FIRST,
    SIZE,
    EXTENSION,
    SIZE_CR,
    DATA,
    DATA_END,
    DATA_CR,
    TRAILERS
  }

  /** Leading zeros included; a parser has a lower limit for the number. */
  private static final int MAX_DIGITS = 15;

  private final HeadScan trailers = new HeadScan();
  private State state = State.SIZE_FIRST;
  private int scanned;
  private int digits;
  private long left;
  private @Nullable String fault;

  /** The next octet begins another body. */
  void reset() {
    state = State.SIZE_FIRST;
    scanned = 0;
    digits = 0;
    left = 0;
    fault = null;
  }

  /**
   * Reads on in {@code body}, up to the end of the body where that is there already.
   *
   * @return what is wrong with it, or null where nothing is so far
   */
  @Nullable String scan(ByteBuf body) {
    int start = body.readerIndex();
    while (fault == null && state != State.TRAILERS && scanned < body.readableBytes()) {
      if (state == State.DATA) {
        int data = (int) Math.min(left, body.readableBytes() - scanned);
        scanned += data;
        left -= data;
        state = left == 0 ? State.DATA_END : State.DATA;
      } else {
        fault = step(body.getUnsignedByte(start + scanned));
        scanned++;
      }
    }
    if (fault == null && state == State.TRAILERS && scanned <= body.readableBytes()) {
      fault = trailers.scan(body.slice(start + scanned, body.readableBytes() - scanned));
    }
    return fault;
  }

  /** The parser took so many octets off the front of the buffer. */
  void consumed(int octets) {
    trailers.consumed(Math.max(0, octets - scanned));
    scanned = Math.max(0, scanned - octets);
  }

  private @Nullable String step(int c) {
    switch (state) {
      case SIZE_FIRST:
        digits = 0;
        left = 0;
        state = State.SIZE;
        return digit(c);
      case SIZE:
        if (c == '\r') {
          state = State.SIZE_CR;
          return null;
        }
        if (c == ';') {
          state = State.EXTENSION;
          return null;
        }
        return digit(c);
      case EXTENSION:
        if (c == '\r') {
          state = State.SIZE_CR;
          return null;
        }
        return (c >= ' ' && c != 0x7f) || c == '\t'
            ? null
            : "a control character in a chunk's line";
      case SIZE_CR:
        state = left > 0 ? State.DATA : State.TRAILERS;
        if (left == 0) {
          trailers.resetToFields();
        }
        return c == '\n' ? null : "a carriage return without a line feed";
      case DATA_END:
        state = State.DATA_CR;
        return c == '\r' ? null : "a chunk longer than its size";
      case DATA_CR:
      default:
        state = State.SIZE_FIRST;
        return c == '\n' ? null : "a carriage return without a line feed";
    }
  }

  private @Nullable String digit(int c) {
    int value = c < 0x80 ? Character.digit(c, 16) : -1;
    if (value < 0 || ++digits > MAX_DIGITS) {
      return "a chunk's size that is no hexadecimal number";
    }
    left = left * 16 + value;
    return null;
  }
}
