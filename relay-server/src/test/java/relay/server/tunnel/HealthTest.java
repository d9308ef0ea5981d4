package relay.server.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class HealthTest {

  private final AtomicLong clock = new AtomicLong(-5);
  private final Health health = new Health(clock::get);

  private void pass(long millis) {
    clock.addAndGet(TimeUnit.MILLISECONDS.toNanos(millis));
  }

  @Test
  void openThatFailed_countsForAWhile_orUntilOneDidNot() {
    assertThat(health.isGood()).isTrue();
    health.asked();
    health.answered(false);
    assertThat(health.isGood()).isFalse();
    pass(5_001);
    assertThat(health.isGood()).isTrue();
    health.asked();
    health.answered(false);
    health.asked();
    health.givenUp();
    assertThat(health.isGood()).as("that says nothing").isFalse();
    health.asked();
    health.answered(true);
    assertThat(health.isGood()).isTrue();
  }

  @Test
  void openWithoutAnAnswer_countsAfterASecond_untilThereIsOne() {
    health.asked();
    pass(900);
    assertThat(health.isGood()).isTrue();
    health.asked();
    pass(200);
    assertThat(health.isGood()).isFalse();
    health.answered(true);
    assertThat(health.isGood()).isTrue();
    pass(1_100);
    assertThat(health.isGood()).as("the other one").isFalse();
    health.answered(true);
    pass(10_000);
    assertThat(health.isGood()).isTrue();
  }
}
