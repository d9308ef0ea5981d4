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

  /**
   * A sender who may have {@code window} bytes under way, on a path that has room for {@code path}.
   */
  private void roundTrips(int count, long roundTripNanos, int path) {
    for (int i = 0; i < count; i++) {
      long burst = Math.min(size(), path);
      long each = roundTripNanos * PACKET / burst;
      receive((int) burst, each, 0);
    }
  }

  @Test
  void longWay_isGrantedMoreUpToTheMost() {
    roundTrips(100, 40 * MS, Integer.MAX_VALUE);
    assertThat(size()).isBetween(ReceiveWindow.MAX * 3L / 4, (long) ReceiveWindow.MAX);
    assertThat(budget.left()).isEqualTo((64 << 20) - (ReceiveWindow.MAX - INITIAL));
  }

  /** One window each 300 ms: the reader never has anything to wait for. */
  @Test
  void veryLongWay_isGrantedMore() {
    roundTrips(15, 300 * MS, Integer.MAX_VALUE);
    assertThat(size()).isGreaterThan(INITIAL * 3L);
  }

  /** 700 MB/s whatever is granted: more than 2 MB is tried, and taken back. */
  @Test
  void shortWay_isGrantedWhatItUses() {
    receive(200 << 20, PACKET * 1000L / 700, 0);
    assertThat(size()).isBetween(3L << 19, 2L << 20);
    assertThat(budget.left()).isEqualTo((64 << 20) - ((2 << 20) - INITIAL));
  }

  /** The path carries 3 MB a round trip: 4 MB pay, 8 MB do not. */
  @Test
  void pathOfMiddleSize_isGrantedWhatItUses() {
    roundTrips(200, 40 * MS, 3 << 20);
    assertThat(size()).isBetween(3L << 20, 4L << 20);
  }

  /** What a short way took back, a way that has become long is granted after a while. */
  @Test
  void wayThatBecomesLong_isGrantedMoreLater() {
    receive(200 << 20, PACKET * 1000L / 700, 0);
    roundTrips(500, 40 * MS, Integer.MAX_VALUE);
    assertThat(size()).isGreaterThan(8L << 20);
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
