package relay.common.stream;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What all streams of a process together may be granted beyond the windows that they start with. A
 * grant cannot be taken back, so the bound holds before bytes come, and no stream has to be reset
 * for it. Any thread.
 */
public final class WindowBudget {

  private final AtomicLong left;

  /**
   * @param bytes 0 and more; with 0 no window grows
   */
  public WindowBudget(long bytes) {
    left = new AtomicLong(bytes);
  }

  /** Bytes that are not taken. */
  public long left() {
    return left.get();
  }

  /** Takes at most half of what is left, so that whoever comes later finds some; or nothing. */
  boolean take(int bytes) {
    long before = left.get();
    while (bytes <= before / 2) {
      if (left.compareAndSet(before, before - bytes)) {
        return true;
      }
      before = left.get();
    }
    return false;
  }

  void giveBack(int bytes) {
    left.addAndGet(bytes);
  }
}
