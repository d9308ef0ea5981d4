package relay.server.ssh;

import java.time.Instant;
import java.util.Set;
import relay.common.endpoint.Refusal;
import relay.server.auth.LetIn;

/**
 * Ends the sessions whose key or token is not let in any more, or for less. One look is enough for
 * each session until something changes, unless there are keys or tokens that expire.
 */
final class KeyWatch implements Runnable {

  private final Set<OwnerSession> owners;
  private final LetIn letIn;

  KeyWatch(Set<OwnerSession> owners, LetIn letIn) {
    this.owners = owners;
    this.letIn = letIn;
  }

  /** One thread at a time; does not block. */
  @Override
  public void run() {
    LetIn.Now now = letIn.now();
    for (OwnerSession owner : owners) {
      if (owner.isToBeChecked(now)) {
        Refusal why = owner.login().objection(now, Instant.now());
        if (why != null) {
          owner.end(why);
        }
      }
    }
  }
}
