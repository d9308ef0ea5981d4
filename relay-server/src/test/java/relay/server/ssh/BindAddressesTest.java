package relay.server.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import relay.server.config.GatewayPorts;
import relay.server.tunnel.RefusedException;

/** As sshd 9.2 was measured, but for the refusals, which are the relay's own. */
class BindAddressesTest {

  private static final List<InetAddress> LOOPBACKS = all("127.0.0.1 ::1");
  private static final List<InetAddress> OURS = all("127.0.0.1 ::1 192.168.1.10");

  @ParameterizedTest
  @CsvSource({
    "'', 127.0.0.1 ::1",
    "localhost, 127.0.0.1 ::1",
    "*, 127.0.0.1 ::1",
    "0.0.0.0, 127.0.0.1 ::1",
    "::, 127.0.0.1 ::1",
    "192.168.1.10, 127.0.0.1 ::1",
    "8.8.8.8, 127.0.0.1 ::1",
    "127.0.0.2, 127.0.0.1 ::1",
    "127.0.0.1, 127.0.0.1",
    "::1, ::1",
    "0:0:0:0:0:0:0:1, ::1",
  })
  void no_bindsLoopback(String host, String bound) throws Exception {
    assertThat(of(GatewayPorts.NO, "0.0.0.0 ::").of(host)).isEqualTo(all(bound));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "*", "localhost", "127.0.0.1", "::1", "8.8.8.8", "0.0.0.0"})
  void yes_bindsEverywhere(String host) throws Exception {
    assertThat(of(GatewayPorts.YES, "0.0.0.0 ::").of(host)).isEqualTo(all("0.0.0.0 ::"));
    assertThat(of(GatewayPorts.YES, "192.168.1.10").of(host)).isEqualTo(all("192.168.1.10"));
  }

  @ParameterizedTest
  @CsvSource({
    "0.0.0.0 ::, '', 0.0.0.0 ::",
    "0.0.0.0 ::, *, 0.0.0.0 ::",
    "0.0.0.0 ::, localhost, 127.0.0.1 ::1",
    "0.0.0.0 ::, 0.0.0.0, 0.0.0.0",
    "0.0.0.0 ::, ::, ::",
    "0.0.0.0 ::, 192.168.1.10, 192.168.1.10",
    "0.0.0.0 ::, ::1, ::1",
    "127.0.0.1 ::1, '', 127.0.0.1 ::1",
    "127.0.0.1 ::1, 0.0.0.0, 127.0.0.1",
    "192.168.1.10, 192.168.1.10, 192.168.1.10",
    "192.168.1.10, '', 192.168.1.10",
  })
  void clientspecified_bindsWhatIsAsked(String everywhere, String host, String bound)
      throws Exception {
    assertThat(of(GatewayPorts.CLIENTSPECIFIED, everywhere).of(host)).isEqualTo(all(bound));
  }

  @ParameterizedTest
  @CsvSource({
    "0.0.0.0 ::, 8.8.8.8", // not ours
    "127.0.0.1 ::1, 192.168.1.10", // ours, but not where forwards may be bound
    "192.168.1.10, localhost",
    "192.168.1.10, 127.0.0.1",
    "192.168.1.10, ::",
    "0.0.0.0, ::1",
  })
  void clientspecified_elsewhere_isRefused(String everywhere, String host) {
    assertThatThrownBy(() -> of(GatewayPorts.CLIENTSPECIFIED, everywhere).of(host))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining(host)
        .hasMessageContaining(everywhere.split(" ")[0]);
  }

  static BindAddresses of(GatewayPorts mode, String everywhere) {
    return new BindAddresses(mode, all(everywhere), LOOPBACKS, OURS::contains);
  }

  private static List<InetAddress> all(String texts) {
    return Arrays.stream(texts.split(" ")).map(BindAddressesTest::address).toList();
  }

  private static InetAddress address(String text) {
    try {
      return InetAddress.getByName(text);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }
}
