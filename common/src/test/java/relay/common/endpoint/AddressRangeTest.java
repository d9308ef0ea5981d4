package relay.common.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressRangeTest {

  @ParameterizedTest
  @CsvSource({
    "10.0.0.0/8, 10.1.2.3, true",
    "10.0.0.0/8, 11.0.0.0, false",
    "10.0.0.0/8, ::ffff:10.1.2.3, true",
    "10.0.0.0/8, ::1, false",
    "127.0.0.1, 127.0.0.1, true",
    "127.0.0.1, 127.0.0.2, false",
    "0.0.0.0/0, 203.0.113.9, true",
    "0.0.0.0/0, ::1, false",
    "::/0, ::1, true",
    "::1, ::1, true",
    "fd00::/8, fdff::1, true",
    "fd00::/8, fe00::1, false",
    "192.0.2.128/25, 192.0.2.129, true",
    "192.0.2.128/25, 192.0.2.127, false",
    "192.0.2.129/25, 192.0.2.130, true",
    "::ffff:10.0.0.0/104, 10.1.2.3, true",
    "::ffff:10.0.0.1, 10.0.0.1, true",
    "::ffff:10.0.0.1, 10.0.0.2, false",
  })
  void contains_whatTheCidrSays(String range, String address, boolean contained) throws Exception {
    assertThat(AddressRange.of(range).contains(InetAddress.getByName(address)))
        .isEqualTo(contained);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "x",
        "localhost",
        "10.0.0.0/33",
        "10.0.0.0/",
        "10.0.0.0/-1",
        "::/129",
        "10.0.0/8",
        "10.0.0.0/8/8",
        "fe80::1%eth0",
        "f0::%nowhere/64",
        "::ffff:10.0.0.0/95",
        "10.0.0.0/+8",
        "10.0.0.0-10.0.0.9"
      })
  void text_thatIsNone_isRefused(String text) {
    assertThatThrownBy(() -> AddressRange.of(text))
        .isInstanceOf(InvalidValue.class)
        .hasMessageContaining("10.0.0.0/8");
  }
}
