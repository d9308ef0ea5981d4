package relay.server.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OutsideAddressesTest {

  private static final int OURS = 2222;

  /** The machine has 10.0.0.1 and fd00::1. */
  private final OutsideAddresses outside =
      new OutsideAddresses(
          port -> port == OURS,
          address -> Set.of("10.0.0.1", "fd00:0:0:0:0:0:0:1").contains(address.getHostAddress()));

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1",
        "127.0.0.2",
        "127.255.255.255",
        "0.0.0.0",
        "0.1.2.3",
        "169.254.169.254",
        "169.254.0.1",
        "224.0.0.1",
        "239.255.255.255",
        "255.255.255.255",
        "240.0.0.1",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "::1",
        "::",
        "fe80::1",
        "febf::1",
        "ff02::1",
        "fd00:ec2::254",
        "fd20:ce::254",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::127.0.0.1",
        "::ffff:0.0.0.0",
        "64:ff9b::127.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::1",
        "64:ff9b:1::a9fe:a9fe",
        "64:ff9b:1:7f00:0:100::",
        "::ffff:0:7f00:1",
        "::ffff:0:a9fe:a9fe",
        "2001:0:102:304:0:0:5601:5601",
        "2001::1",
      })
  void addressThatMeansTheRelaysMachineOrItsCloud_isRefused(String address) throws Exception {
    assertThat(outside.contain(InetAddress.getByName(address), 80)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "10.0.0.1",
        "192.168.1.7",
        "172.16.0.1",
        "1.1.1.1",
        "223.255.255.255",
        "170.0.0.1",
        "2001:db8::1",
        "fd00::1",
        "64:ff9b::1.1.1.1",
        "2002:101:101::1",
        "2001:1::1",
        "64:ff9b:2::1",
        "::ffff:0:101:101",
        "::ffff:1.1.1.1",
      })
  void otherAddress_isConnectedTo(String address) throws Exception {
    assertThat(outside.contain(InetAddress.getByName(address), 80)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"10.0.0.1", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::10.0.0.1", "::ffff:0:a00:1"})
  void listenerOfTheRelay_isRefused(String address) throws Exception {
    assertThat(outside.contain(InetAddress.getByName(address), OURS)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.0.0.2", "fd00::2"})
  void samePortElsewhere_isNot(String address) throws Exception {
    assertThat(outside.contain(InetAddress.getByName(address), OURS)).isTrue();
  }
}
