package relay.common.stream;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ReceiveWindowTest {

  private static final int INITIAL = 256 << 10;
  private static final int PACKET = 32 << 10;
  private static final long MS = 1_000_000;

  private final WindowBudget budget = new WindowBudget(64 << 20);
  private final ReceiveWindow window = new ReceiveWindow(INITIAL, budget);
  private long now;
  private long received;
  private long granted = INITIAL;

  /**
   * Bytes come in packets, each some time after the last; the reader takes each some time later.
   */
  private void receive(int bytes, long betweenNanos, long readerNanos) {
    for (int sent = 0; sent < bytes; sent += PACKET) {
      now += betweenNanos;
      window.handedOn(PACKET, now);
      received += PACKET;
      now += readerNanos;
      granted += window.written(now);
    }
  }

  /** What the other side may have under way. */
  private long size() {
    return granted - received;
  }

  @Test
  void fastReader_isGrantedMoreUpToTheMost() {
    receive(100 << 20, 100_000, 10_000);
    assertThat(size()).isBetween(ReceiveWindow.MAX * 3L / 4, (long) ReceiveWindow.MAX);
    assertThat(budget.left()).isEqualTo((64 << 20) - (ReceiveWindow.MAX - INITIAL));
  }

  /** One window each 300 ms, as over a long way: the reader never has anything to wait for. */
  @Test
  void longWay_isGrantedMore() {
    receive(INITIAL * 15, 300 * MS * PACKET / INITIAL, 10_000);
    assertThat(size()).isGreaterThan(INITIAL * 3L);
  }

  @Test
  void slowReader_isGrantedNoMore() {
    receive(20 << 20, 100_000, 13 * MS); // 104 ms a window
    assertThat(size()).isLessThanOrEqualTo(INITIAL);
    assertThat(budget.left()).isEqualTo(64 << 20);
  }

  @Test
  void answersOneByOne_areGrantedNoMore() {
    receive(20 << 20, 150 * MS, 10_000); // 1.2 s a window
    assertThat(size()).isLessThanOrEqualTo(INITIAL);
  }

  @Test
  void reader_whoStops_isGrantedNoMoreThanItHad() {
    receive(1 << 20, 100_000, 10_000);
    long before = size();
    receive(20 << 20, 100_000, 500 * MS);
    assertThat(size()).isLessThanOrEqualTo(before + INITIAL);
  }

  @Test
  void budget_leavesHalfToOthers_andComesBack() {
    WindowBudget small = new WindowBudget(2 << 20);
    ReceiveWindow one = new ReceiveWindow(INITIAL, small);
    for (int i = 0; i < 1000; i++) {
      now += MS;
      one.handedOn(PACKET, now);
      one.written(now);
    }
    assertThat(small.left()).isEqualTo((2 << 20) - (1 << 20) + INITIAL);
    one.close();
    assertThat(small.left()).isEqualTo(2 << 20);
    one.close();
    assertThat(small.left()).isEqualTo(2 << 20);
  }

  @Test
  void noBudget_grantsExactlyWhatWasWritten() {
    ReceiveWindow fixed = new ReceiveWindow(INITIAL, new WindowBudget(0));
    fixed.handedOn(INITIAL / 8, now);
    assertThat(fixed.written(now)).isZero();
    fixed.handedOn(INITIAL / 8, now);
    assertThat(fixed.isHeld()).isTrue();
    assertThat(fixed.written(now)).isEqualTo(INITIAL / 4);
    assertThat(fixed.isHeld()).isFalse();
  }
}
