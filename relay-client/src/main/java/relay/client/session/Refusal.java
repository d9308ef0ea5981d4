package relay.client.session;

import java.util.Set;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.RefusalCode;

/**
 * Why {@code tcpip-forward} was refused.
 *
 * @param code the server's, where it gave one: sshd does not
 * @param message for a person, made harmless
 */
record Refusal(@Nullable String code, String message) {

  /** What only waits for somebody or something else: worth another try, once there was a tunnel. */
  private static final Set<String> PASSING =
      Set.of(
          RefusalCode.PORT_IN_USE.id(),
          RefusalCode.PORTS_EXHAUSTED.id(),
          RefusalCode.TOO_MANY_TUNNELS.id(),
          RefusalCode.NAME_TWICE.id(),
          RefusalCode.PORT_TWICE.id());

  /**
   * Whether asking again is of no use.
   *
   * @param wasOpen whether the tunnel was open before: then the server may still hold it for the
   *     session that was lost, and one that gives no code may mean that
   */
  boolean isFinal(boolean wasOpen) {
    if (RefusalCode.SHUTTING_DOWN.id().equals(code)) {
      return false;
    }
    return !wasOpen || (code != null && !PASSING.contains(code));
  }
}
