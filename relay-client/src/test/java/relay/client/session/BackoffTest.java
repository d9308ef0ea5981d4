package relay.client.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class BackoffTest {

  private static Stream<Long> waits(Backoff backoff, int count) {
    return Stream.generate(backoff::next).limit(count).map(Duration::toMillis);
  }

  @Test
  void next_doublesUpToHalfAMinute() {
    assertThat(waits(new Backoff(() -> 0.999_999), 9))
        .containsExactly(499L, 999L, 1999L, 3999L, 7999L, 15999L, 29999L, 29999L, 29999L);
  }

  @Test
  void next_isRandomFromZero() {
    assertThat(waits(new Backoff(() -> 0), 3)).containsOnly(0L);
  }

  @Test
  void ended_afterAStableMinute_startsAgain_andNotBefore() {
    Backoff backoff = new Backoff(() -> 0.5);
    assertThat(waits(backoff, 2)).containsExactly(250L, 500L);
    backoff.ended(Duration.ofSeconds(59));
    assertThat(waits(backoff, 1)).containsExactly(1000L);
    backoff.ended(Duration.ofSeconds(60));
    assertThat(waits(backoff, 1)).containsExactly(250L);
  }
}
