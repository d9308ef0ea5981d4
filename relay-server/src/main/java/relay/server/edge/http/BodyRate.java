package relay.server.edge.http;

/**
 * Watches that a visitor's body does not trickle: each window of time brings at least so many
 * octets. Only the time counts in which the visitor is waited for, so a service that reads slowly
 * is not laid to his charge.
 */
final class BodyRate {

  private final long window;
  private final long least;
  private boolean waiting;
  private long waitingSince;
  private long waited;
  private long octets;

  BodyRate(HttpLimits.Bodies limits) {
    window = limits.window().toNanos();
    least = (long) (limits.rate() * (window / 1e9));
  }

  /**
   * More is wanted from the visitor.
   *
   * @return how long to wait for it, in nanoseconds
   */
  long await(long now) {
    waiting = true;
    waitingSince = now;
    return window - waited;
  }

  /** A piece came. */
  void received(int count, long now) {
    octets += count;
    pause(now);
  }

  /** Whether a window has passed with too little in it; the next one begins otherwise. */
  boolean isTooSlow(long now) {
    pause(now);
    if (waited < window) {
      return false;
    }
    boolean slow = octets < least;
    waited = 0;
    octets = 0;
    return slow;
  }

  private void pause(long now) {
    if (waiting) {
      waiting = false;
      waited += now - waitingSince;
    }
  }
}
