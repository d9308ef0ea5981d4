package relay.client.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LocalAddressTest {

  @ParameterizedTest
  @CsvSource({
    "3000,            localhost:3000",
    "web:80,          web:80",
    "192.168.1.20:80, 192.168.1.20:80",
    "[::1]:3000,      [::1]:3000",
  })
  void parse_reads(String text, String shown) {
    assertThat(LocalAddress.parse(text)).hasToString(shown);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "web",
        "0",
        "65536",
        ":3000",
        "::1:3000",
        "http://localhost:3000",
        "[]:1",
        "1x"
      })
  void parse_otherText_namesIt(String text) {
    assertThatThrownBy(() -> LocalAddress.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("'" + text + "'", "expected a port");
  }
}
