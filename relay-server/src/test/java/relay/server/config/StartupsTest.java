package relay.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import relay.common.endpoint.InvalidValue;

class StartupsTest {

  @ParameterizedTest
  @CsvSource({"0,0", "9,0", "10,30", "55,65", "99,99", "100,100", "101,100"})
  void chance_risesFromTheRateToCertainty(int waiting, int percent) {
    assertThat(Startups.of("10:30:100").chance(waiting)).isEqualTo(percent);
  }

  @Test
  void oneNumberForBoth_isALimitAlone() {
    Startups startups = Startups.of("5:100:5");
    assertThat(startups.chance(4)).isZero();
    assertThat(startups.chance(5)).isEqualTo(100);
    assertThat(startups).hasToString("5:100:5");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "10",
        "10:30",
        "10:30:100:",
        "0:30:100",
        "10:0:100",
        "10:101:100",
        "10:30:9",
        "10:30:100001",
        "-1:30:100",
        "a:b:c",
        "10: 30:100",
        "9999999999:1:9999999999"
      })
  void whatIsNone_isRefused(String text) {
    assertThatThrownBy(() -> Startups.of(text)).isInstanceOf(InvalidValue.class);
  }
}
