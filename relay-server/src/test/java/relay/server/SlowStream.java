package relay.server;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Reads about 4 MB a second, in small pieces: its speed is the test's input, it waits for nobody.
 */
final class SlowStream extends FilterInputStream {

  private static final int PIECE = 8 << 10;

  SlowStream(InputStream in) {
    super(in);
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
    return super.read(into, offset, Math.min(length, PIECE));
  }
}
