package relay.server.oracle;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** All octets of one connection, kept; read one after the other. */
final class Recording {

  private final InputStream in;
  private byte[] octets = new byte[8192];
  private int size;
  private int position;

  Recording(InputStream in) {
    this.in = in;
  }

  /** Whether another octet comes, rather than the end. */
  boolean hasNext() throws IOException {
    if (position < size) {
      return true;
    }
    byte[] piece = new byte[8192];
    int n = in.read(piece);
    if (n < 0) {
      return false;
    }
    synchronized (this) {
      octets = Arrays.copyOf(octets, Math.max(octets.length, Integer.highestOneBit(size + n) * 2));
      System.arraycopy(piece, 0, octets, size, n);
      size += n;
    }
    return true;
  }

  int next() throws IOException {
    if (!hasNext()) {
      throw new EOFException("ended within a message");
    }
    return octets[position++] & 0xff;
  }

  int position() {
    return position;
  }

  /** What was received from there on, interpreted or not. */
  synchronized String from(int start) {
    return new String(octets, start, size - start, StandardCharsets.ISO_8859_1);
  }

  synchronized String slice(int start, int end) {
    return new String(octets, start, end - start, StandardCharsets.ISO_8859_1);
  }
}
