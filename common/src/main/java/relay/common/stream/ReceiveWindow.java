package relay.common.stream;

/**
 * What the other side of one stream may send before more is granted (RFC 4254 §5.2). It starts
 * small, since it is what a reader who stops may leave here, and doubles while it is the window
 * that a transfer waits for: each time that a whole one came within {@link #TURN_NANOS} and was
 * written on at once. On the stream's event loop.
 */
final class ReceiveWindow {

  /** At a round trip of 100 ms this carries 160 MB/s. */
  static final int MAX = 16 << 20;

  private static final int LARGE = 2 << 20;

  /** Granted anew where the other side has less than three of these parts left. */
  private static final int PARTS = 4;

  /** Longer than any round trip, shorter than small answers one by one take to fill a window. */
  private static final long TURN_NANOS = 1_000_000_000;

  /** How long the bytes of a whole window may have waited here for the reader, altogether. */
  private static final long HELD_NANOS = 100_000_000;

  private final WindowBudget budget;
  private final int initial;
  private int size;
  private int owed;
  private int handedOn;
  private long handedOnAt;

  private int turned;
  private long turnBegan;
  private long held;

  ReceiveWindow(int initial, WindowBudget budget) {
    this.initial = initial;
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
      if (turned == 0) {
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
    owed += handedOn;
    turned += handedOn;
    held += now - handedOnAt;
    handedOn = 0;
    if (turned >= size) {
      if (now - turnBegan <= TURN_NANOS && held <= HELD_NANOS) {
        grow();
      }
      turned = 0;
      held = 0;
    }
    if (owed < size / PARTS) {
      return 0;
    }
    int grant = owed;
    owed = 0;
    return grant;
  }

  private void grow() {
    if (size <= MAX / 2 && budget.take(size)) {
      owed += size;
      size *= 2;
    }
  }

  /** The stream is closed. */
  void close() {
    budget.giveBack(size - initial);
    size = initial;
  }
}
