package relay.server.auth;

import java.net.InetAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import relay.common.endpoint.Refusal;

/**
 * The log of those who were kept out before their login: some lines a second, so that a flood does
 * not push everything else out of the log; the next line tells how many were left out. Any thread.
 */
final class DropLog {

  private static final Logger LOG = LoggerFactory.getLogger(DropLog.class);

  private static final int LINES = 10;
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final LongSupplier nanoTime;
  private long begin;
  private int lines;
  private long leftOut;

  DropLog(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.begin = nanoTime.getAsLong();
  }

  void refused(InetAddress source, Refusal why) {
    long before;
    synchronized (this) {
      long now = nanoTime.getAsLong();
      if (now - begin >= SECOND) {
        begin = now;
        lines = 0;
      }
      if (lines >= LINES) {
        leftOut++;
        return;
      }
      lines++;
      before = leftOut;
      leftOut = 0;
    }
    if (before > 0) {
      LOG.info("{} more were kept out before this one", before);
    }
    LOG.info("{} kept out: {}", source.getHostAddress(), why.line());
  }
}
