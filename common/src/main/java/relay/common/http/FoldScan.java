package relay.common.http;

import io.netty.buffer.ByteBuf;
import io.netty.util.ByteProcessor;

/**
 * Finds the first line that is folded (RFC 9112 §5.2) in the head or the trailers of an answer. The
 * parser behind copies all that it has of a field for each line more of it: 60 KB of short ones
 * take some tenths of a second. Incremental: nothing is looked at twice.
 */
final class FoldScan implements ByteProcessor {

  private int scanned;
  private boolean within;
  private boolean atLineStart;
  private boolean ended;
  private boolean folded;

  /** The next octet begins a head. */
  void reset() {
    scanned = 0;
    within = false; // what blank there is before a status line is skipped
    atLineStart = true;
    ended = false;
    folded = false;
  }

  /** The next octet begins the lines of trailers. */
  void resetToFields() {
    reset();
    within = true;
  }

  /** Reads on in {@code lines}, up to their end where that is there already. */
  boolean isFolded(ByteBuf lines) {
    int fresh = lines.readableBytes() - scanned;
    if (!folded && !ended && fresh > 0) {
      lines.forEachByte(lines.readerIndex() + scanned, fresh, this);
      scanned = lines.readableBytes();
    }
    return folded;
  }

  /** The parser took so many octets off the front of the buffer. */
  void consumed(int octets) {
    scanned = Math.max(0, scanned - octets);
  }

  @Override
  public boolean process(byte octet) {
    if (within && atLineStart) {
      if (octet == ' ' || octet == '\t') {
        folded = true;
        return false;
      }
      if (octet == '\n') {
        ended = true;
        return false;
      }
      if (octet == '\r') {
        return true; // of an empty line
      }
    }
    within |= octet > ' ';
    atLineStart = octet == '\n';
    return true;
  }
}
