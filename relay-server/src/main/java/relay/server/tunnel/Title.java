package relay.server.tunnel;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Who a name or a port belongs to, also after a restart.
 *
 * @param owner an identity's id
 * @param reserved whether it is the owner's for ever, by the operator's word
 * @param pool whether further sessions of the owner join
 * @param encrypted whether its owner ends its TLS himself
 * @param hidden whether it was private only: that it is there is not told
 * @param number which of the owner's own names it is, from 1; 0 for what somebody chose
 * @param quarantine how long nobody else may have it, where its hold is over; null where it is not
 */
record Title(
    String owner,
    boolean reserved,
    boolean pool,
    boolean encrypted,
    boolean hidden,
    int number,
    @Nullable Duration quarantine) {

  static Title taken(String owner, int number) {
    return new Title(owner, false, false, false, false, number, null);
  }

  static Title reserved(String owner, int number) {
    return new Title(owner, true, false, false, false, number, null);
  }

  static Title quarantined(String owner, int number, Duration left) {
    return taken(owner, number).until(left);
  }

  /** The same with another quarantine, or none. */
  Title until(@Nullable Duration left) {
    return new Title(owner, reserved, pool, encrypted, hidden, number, left);
  }
}
