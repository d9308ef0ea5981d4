package relay.server.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class BucketRateTest {

  @Test
  void bytesBeyondTheRate_areWaitedFor_byThoseThatFollow() {
    BucketRate rate = new BucketRate(1_000);
    assertThat(rate.nanosToWait()).isZero();
    rate.carried(500);
    assertThat(rate.nanosToWait()).as("a second may be saved up").isZero();
    rate.carried(0);
    rate.carried(32_500);
    assertThat(rate.nanosToWait())
        .isBetween(TimeUnit.SECONDS.toNanos(28), TimeUnit.SECONDS.toNanos(33));
  }

  @Test
  void highestRate_thatMayBeConfigured_isTaken() {
    BucketRate rate = new BucketRate(1_000_000_000);
    for (int i = 0; i < 30; i++) {
      rate.carried(1 << 30);
    }
    assertThat(rate.nanosToWait()).isPositive();
  }

  @Test
  void refusals_areToldAHundredAtOnce_andTheRestCounted() {
    RefusalTally tally = new RefusalTally();
    int told = 0;
    int firsts = 0;
    for (int i = 0; i < 1_000; i++) {
      if (tally.isTold()) {
        told++;
      } else if (tally.leaveOut()) {
        firsts++;
      }
    }
    assertThat(told).isBetween(100, 150);
    assertThat(firsts).isEqualTo(1);
    assertThat(tally.takeLeftOut()).isEqualTo(1_000 - told);
    assertThat(tally.leaveOut()).isTrue();
  }
}
