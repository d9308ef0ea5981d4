package relay.client.session;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RefusalTest {

  @ParameterizedTest
  @CsvSource({
    "RELAY-NAME-TAKEN,       true,  true",
    "RELAY-NAME-HELD,        true,  true",
    "RELAY-PORT-NOT-ALLOWED, true,  true",
    "RELAY-FROM-TOMORROW,    true,  true",
    "RELAY-PORT-IN-USE,      true,  false",
    "RELAY-PORTS-EXHAUSTED,  true,  false",
    "RELAY-SHUTTING-DOWN,    false, false",
    ",                       true,  false",
  })
  void isFinal_whatPasses_isAskedForAgainOnceThereWasATunnel(
      @Nullable String code, boolean atFirst, boolean later) {
    Refusal refusal = new Refusal(code, "no");
    assertThat(refusal.isFinal(false)).isEqualTo(atFirst);
    assertThat(refusal.isFinal(true)).isEqualTo(later);
  }

  @Test
  void line_ofARelay_isTakenApart() {
    assertThat(RefusalLine.parse("relay: RELAY-SHUTTING-DOWN: it stops: now"))
        .isEqualTo(new RefusalLine("RELAY-SHUTTING-DOWN", "it stops: now"));
    assertThat(RefusalLine.parse("relay: bye")).isEqualTo(new RefusalLine("", "bye"));
  }

  @ParameterizedTest
  @CsvSource({"RELAY-TAKEN-OVER, true", "RELAY-SESSION-SUPERSEDED, true", "RELAY-X, false"})
  void end_ofWhatWasTakenOver_isForGood(String code, boolean forGood) {
    assertThat(new RefusalLine(code, "why").end() instanceof SessionEnd.Final).isEqualTo(forGood);
  }
}
