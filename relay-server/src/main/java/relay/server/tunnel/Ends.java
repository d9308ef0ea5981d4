package relay.server.tunnel;

import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.server.auth.Audit;
import relay.server.auth.AuditEvent;

/** The hold that a change found over: audited behind the change, which is made under a lock. */
final class Ends {

  private final long hold;
  private @Nullable AuditEvent event;

  /**
   * @param hold how long names are held, in nanoseconds; where they are not there is nothing to
   *     tell
   */
  Ends(long hold) {
    this.hold = hold;
  }

  /** A quarantine that is over was told when it began. */
  void add(Object root, Entry entry) {
    if (hold > 0 && !entry.quarantined()) {
      String what = root instanceof Integer port ? "port " + port : root.toString();
      event =
          new AuditEvent(
              AuditEvent.Kind.EXPIRY,
              AuditEvent.Who.of(entry.owner(), "", null),
              what,
              new Refusal(RefusalCode.HOLD_OVER, "its owner did not come back for it in time"));
    }
  }

  void audit() {
    if (event != null) {
      Audit.log(event);
    }
  }
}
