package relay.common.http;

import io.netty.buffer.ByteBuf;
import io.netty.util.ByteProcessor;
import org.jspecify.annotations.Nullable;

/**
 * Reads the octets of a request's head before a parser interprets them, and finds what parsers
 * disagree about: bare CR and LF, folded lines, a space before the colon, controls, a request line
 * that is not {@code token SP target SP version} (RFC 9112 §2.2, §3, §5). Incremental: nothing is
 * looked at twice.
 */
final class HeadScan implements ByteProcessor {

  private enum State {
    BEFORE,
    BEFORE_CR,
    METHOD,
    TARGET_FIRST,
    TARGET,
    VERSION,
    VERSION_CR,
    LINE,
    LINE_CR,
    NAME,
    VALUE,
    VALUE_CR,
    END
  }

  private static final boolean[] TOKEN = new boolean[256];

  static {
    String others = "!#$%&'*+-.^_`|~";
    for (int c = 0; c < 128; c++) {
      TOKEN[c] =
          (c >= '0' && c <= '9')
              || (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || others.indexOf(c) >= 0;
    }
  }

  private State state = State.BEFORE;
  private int scanned;
  private @Nullable String fault;

  /**
   * Reads on in {@code head}, up to the end of the head where that is there already.
   *
   * @return what is wrong with it, or null where nothing is so far
   */
  @Nullable String scan(ByteBuf head) {
    int fresh = head.readableBytes() - scanned;
    if (fault == null && fresh > 0 && state != State.END) {
      int stop = head.forEachByte(head.readerIndex() + scanned, fresh, this);
      scanned = stop < 0 ? head.readableBytes() : stop - head.readerIndex() + 1;
    }
    return fault;
  }

  /** The parser took so many octets off the front of the buffer. */
  void consumed(int octets) {
    scanned = Math.max(0, scanned - octets);
  }

  /** The next octet begins another head. */
  void reset() {
    state = State.BEFORE;
    scanned = 0;
    fault = null;
  }

  /** The next octet begins the lines of a head or of trailers, without a request line. */
  void resetToFields() {
    state = State.LINE;
    scanned = 0;
    fault = null;
  }

  /** Whether a head has begun and not ended. */
  boolean isWithin() {
    return state != State.BEFORE && state != State.BEFORE_CR && state != State.END;
  }

  @Override
  public boolean process(byte octet) {
    int c = octet & 0xff;
    switch (state) {
      case VALUE:
        if (c == '\r') {
          state = State.VALUE_CR;
          return true;
        }
        return (c >= ' ' && c != 0x7f)
            || c == '\t'
            || fail("a control character in a header's value");
      case NAME:
        if (TOKEN[c]) {
          return true;
        }
        state = State.VALUE;
        return c == ':'
            || fail(
                c == ' ' || c == '\t'
                    ? "a space before a header's colon"
                    : "a character in a header's name that is none of a token's");
      case LINE:
        if (c == '\r') {
          state = State.LINE_CR;
          return true;
        }
        state = State.NAME;
        return TOKEN[c]
            || fail(
                c == ' ' || c == '\t' ? "a folded header line" : "a header line without a name");
      case VALUE_CR:
      case VERSION_CR:
        state = State.LINE;
        return c == '\n' || fail("a carriage return without a line feed");
      case LINE_CR:
        state = State.END;
        return c != '\n' && fail("a carriage return without a line feed");
      case TARGET_FIRST:
        state = State.TARGET;
        return isTarget(c) || fail("a request line without a target");
      case TARGET:
        if (c == ' ') {
          state = State.VERSION;
          return true;
        }
        return isTarget(c) || fail("a control character in the request line");
      case METHOD:
        if (c == ' ') {
          state = State.TARGET_FIRST;
          return true;
        }
        return TOKEN[c] || fail("a method that is no token");
      case VERSION:
        if (c == '\r') {
          state = State.VERSION_CR;
          return true;
        }
        return (c > ' ' && c < 0x7f) || fail("a request line of other than three words");
      case BEFORE:
        if (c == '\r') { // RFC 9112 §2.2: an empty line before the request line is skipped
          state = State.BEFORE_CR;
          return true;
        }
        state = State.METHOD;
        return TOKEN[c] || fail("a method that is no token");
      case BEFORE_CR:
        state = State.BEFORE;
        return c == '\n' || fail("a carriage return without a line feed");
      case END:
      default:
        return false;
    }
  }

  private static boolean isTarget(int c) {
    return c > ' ' && c != 0x7f;
  }

  private boolean fail(String what) {
    fault = what;
    return false;
  }
}
