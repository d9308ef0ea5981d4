package relay.common.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PortRangesTest {

  @Test
  void range_of_oneOrTwoPorts() {
    assertThat(PortRange.of("4000")).isEqualTo(new PortRange(4000, 4000)).hasToString("4000");
    assertThat(PortRange.of(" 1 - 65535 ")).isEqualTo(new PortRange(1, 65535));
    assertThat(new PortRange(1, 65535).size()).isEqualTo(65535);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "-",
        "0",
        "0-5",
        "5-",
        "-5",
        "6-5",
        "65536",
        "1-65536",
        "99999999999",
        "1-2-3",
        "a",
        "+1",
        "１",
        "1..2",
        "80,90",
        "4294967297"
      })
  void range_of_whatIsNone_isRefused(String text) {
    assertThatThrownBy(() -> PortRange.of(text))
        .isInstanceOf(InvalidValue.class)
        .hasMessage(
            "'"
                + text
                + "' is not a port range: expected a port (1 to 65535) or a range such as"
                + " 20000-29999");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "1024-65535,80 | 80,1024-65535",
        "5,4,3 | 3-5",
        "1-10,5-20,21 | 1-21",
        "1-10,2-3 | 1-10",
        "7,7 | 7",
      })
  void ranges_of_areSortedAndMerged(String text, String canonical) {
    assertThat(PortRanges.of(text)).hasToString(canonical).isEqualTo(PortRanges.of(canonical));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ",", "80,", ",80", "80 90", "80;90", "0"})
  void ranges_of_whatIsNone_isRefused(String text) {
    assertThatThrownBy(() -> PortRanges.of(text))
        .isInstanceOf(InvalidValue.class)
        .hasMessageStartingWith("'" + text + "' is not a set of ports: expected ports");
  }

  @Test
  void ranges_contains_itsEdges() {
    PortRanges ranges = PortRanges.of("80,1024-2000");
    assertThat(ranges.ranges())
        .isEqualTo(List.of(new PortRange(80, 80), new PortRange(1024, 2000)));
    assertThat(List.of(80, 1024, 2000)).allMatch(ranges::contains);
    assertThat(List.of(0, 79, 81, 1023, 2001, 65616)).noneMatch(ranges::contains);
  }
}
