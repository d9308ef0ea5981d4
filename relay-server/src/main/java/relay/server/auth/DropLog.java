package relay.server.auth;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import relay.common.endpoint.Refusal;

/**
 * Those who were kept out before their login, in the log and as audit events: some a second, so
 * that a flood does not push everything else out; the next one tells how many were left out. Any
 * thread.
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

  /** A connection was not let in. */
  void refused(InetAddress source, Refusal why) {
    note(source, why, true);
  }

  /** One that waited for its login was ended; who had tried to log in is audited for that. */
  void ended(Admission admission, Refusal why) {
    admission.why(why);
    note(admission.source(), why, !admission.hasTried());
  }

  private void note(InetAddress source, Refusal why, boolean audited) {
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
      audit(null, before + " more before", why);
    }
    LOG.info("{} kept out: {}", source.getHostAddress(), why.line());
    if (audited) {
      audit(new InetSocketAddress(source, 0), "", why);
    }
  }

  private static void audit(@Nullable InetSocketAddress source, String what, Refusal why) {
    AuditEvent.Who who = AuditEvent.Who.unproved("", "", source);
    Audit.log(new AuditEvent(AuditEvent.Kind.LOGIN_REFUSED, who, what, why));
  }
}
