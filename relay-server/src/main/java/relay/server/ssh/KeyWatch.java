package relay.server.ssh;

import java.time.Instant;
import java.util.Set;
import java.util.function.Supplier;
import relay.common.endpoint.Refusal;
import relay.server.auth.KeyRing;

/**
 * Ends the sessions whose key is not let in any more, or for less. One look at the ring is enough
 * for each session until the ring changes, unless it has keys that expire.
 */
final class KeyWatch implements Runnable {

  private final Set<OwnerSession> owners;
  private final Supplier<KeyRing> ring;

  KeyWatch(Set<OwnerSession> owners, Supplier<KeyRing> ring) {
    this.owners = owners;
    this.ring = ring;
  }

  /** One thread at a time; does not block. */
  @Override
  public void run() {
    KeyRing now = ring.get();
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
