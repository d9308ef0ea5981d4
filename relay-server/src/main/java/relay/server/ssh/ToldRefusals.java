package relay.server.ssh;

import java.util.concurrent.TimeUnit;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.server.auth.AuditEvent.Kind;

/**
 * What one session is refused, for the audit log and the console: each, and of very many only how
 * many. The answer to the client is another's business. Any thread.
 */
final class ToldRefusals {

  /** How long those are counted that are told together. */
  private static final long GATHERED_SECONDS = 5;

  private final OwnerSession owner;
  private final SessionOutput output;
  private final RefusalTally tally;

  /**
   * @param tally that of the identity
   */
  ToldRefusals(OwnerSession owner, SessionOutput output, RefusalTally tally) {
    this.owner = owner;
    this.output = output;
    this.tally = tally;
  }

  /**
   * Audits a refusal.
   *
   * @param what was asked for
   * @return false where it is only counted
   */
  boolean audit(String what, Refusal why) {
    if (tally.isTold()) {
      owner.audit(Kind.REFUSAL, what, why);
      return true;
    }
    if (tally.leaveOut()) {
      owner.eventLoop().schedule(this::tellLeftOut, GATHERED_SECONDS, TimeUnit.SECONDS);
    }
    return false;
  }

  /** Audits a refusal, and shows it on the console. */
  void tell(String what, Refusal why) {
    if (!audit(what, why)) {
      return;
    }
    if (owner.eventLoop().inEventLoop()) {
      output.line(why.line());
    } else {
      owner.eventLoop().execute(() -> output.line(why.line()));
    }
  }

  private void tellLeftOut() {
    Refusal more =
        new Refusal(RefusalCode.REFUSALS_LEFT_OUT, "and " + tally.takeLeftOut() + " more");
    owner.audit(Kind.REFUSAL, "", more);
    output.line(more.line());
  }
}
