package relay.common.stream;

/**
 * What the other side of one stream may send before more is granted (RFC 4254 §5.2). It starts
 * small, since it is what a reader who stops may leave here, and doubles while it is the window
 * that a transfer waits for: each time that a whole one came within {@link #TURN_NANOS} and was
 * written on at once. From {@link #LARGE} on a doubling must have paid, or it is undone: where the
 * way is short the bytes come no sooner, and OpenSSH's client, who keeps all that it may send in
 * one buffer, spends twice the CPU. On the stream's event loop.
 */
final class ReceiveWindow {

  /** At a round trip of 100 ms this carries 160 MB/s. */
  static final int MAX = 16 << 20;

  /** What OpenSSH grants too. */
  private static final int LARGE = 2 << 20;

  /** A doubled window has paid where bytes came faster by this factor; at best it is 2. */
  private static final double PAYS = 1.4;

  /** What is left of a turn's rate a turn later: paths change. */
  private static final double FORGETS = .9;

  /** In so many turns: the path's own window has to grow as well. */
  private static final int TRIES = 5;

  /** After a doubling that did not pay: the next one may, on a path that has changed. */
  private static final long RETRY_NANOS = 10_000_000_000L;

  /** Granted anew where the other side has less than three of these parts left. */
  private static final int PARTS = 4;

  /** Longer than any round trip, shorter than small answers one by one take to fill a window. */
  private static final long TURN_NANOS = 1_000_000_000;

  /** How long the bytes of a whole window may have waited here for the reader, altogether. */
  private static final long HELD_NANOS = 100_000_000;

  private final WindowBudget budget;
  private int size;
  private int owed;
  private int handedOn;
  private long handedOnAt;

  /** Taken from the budget. */
  private int taken;

  /** To be kept from the next grants. */
  private int excess;

  private int turned;
  private long turnBegan;
  private long held;

  /** In bytes a nanosecond: the best of the latest turns of this size, and of half of it. */
  private double rate;

  private double rateOfHalf;
  private int tries;
  private long retryAt;
  private boolean closed;

  ReceiveWindow(int initial, WindowBudget budget) {
    this.size = initial;
    this.budget = budget;
  }

  /** Whether the reader has read fast for some megabytes. */
  boolean isLarge() {
    return size >= LARGE;
  }

  /** The reader was given this much. */
  void handedOn(int bytes, long now) {
    if (handedOn == 0) {
      handedOnAt = now;
      if (turnBegan == 0) {
        turnBegan = now;
      }
    }
    handedOn += bytes;
  }

  /** Whether the reader has something that it has not written on. */
  boolean isHeld() {
    return handedOn > 0;
  }

  /**
   * The reader has written on all that it was given.
   *
   * @return how much to grant now, in bytes; 0 for nothing yet
   */
  int written(long now) {
    if (closed) {
      return 0;
    }
    owed += handedOn;
    turned += handedOn;
    held += now - handedOnAt;
    handedOn = 0;
    if (turned >= size) {
      long took = now - turnBegan;
      if (took <= TURN_NANOS && held <= HELD_NANOS) {
        turned((double) turned / Math.max(1, took), now);
      }
      turned = 0;
      held = 0;
      turnBegan = now;
    }
    keepExcess();
    if (owed < size / PARTS) {
      return 0;
    }
    int grant = owed;
    owed = 0;
    return grant;
  }

  /** A whole window came, and was not kept waiting. */
  private void turned(double bytesPerNano, long now) {
    rate = Math.max(rate * FORGETS, bytesPerNano);
    tries++;
    if (size < LARGE || rate >= rateOfHalf * PAYS) {
      if (excess == 0 && (retryAt == 0 || now - retryAt >= 0)) {
        grow();
      }
    } else if (tries >= TRIES && size > LARGE) {
      size /= 2;
      excess += size;
      retryAt = now + RETRY_NANOS;
      compareFrom(0);
    }
  }

  private void grow() {
    if (size <= MAX / 2 && budget.take(size)) {
      taken += size;
      owed += size;
      size *= 2;
      compareFrom(size > LARGE ? rate : 0);
    }
  }

  private void compareFrom(double half) {
    rateOfHalf = half;
    rate = 0;
    tries = 0;
  }

  private void keepExcess() {
    int kept = Math.min(excess, owed);
    owed -= kept;
    excess -= kept;
    taken -= kept;
    budget.giveBack(kept);
  }

  /** The stream is closed. */
  void close() {
    budget.giveBack(taken);
    taken = 0;
    closed = true;
  }
}
