package relay.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.util.NetUtil;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import relay.common.endpoint.Hostname;
import relay.common.endpoint.InvalidValue;

class ListenAddressTest {

  @ParameterizedTest
  @CsvSource({
    "localhost:2222, localhost:2222",
    "*:0, *:0",
    ":2222, *:2222",
    "127.0.0.1:0, 127.0.0.1:0",
    "[0:0::1]:65535, [::1]:65535",
    "[::]:80, [::]:80",
    "off, off",
  })
  void of_isCanonical(String text, String canonical) {
    assertThat(ListenAddress.of(text)).hasToString(canonical);
    assertThat(ListenAddress.of(canonical)).isEqualTo(ListenAddress.of(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "2222", "localhost", "localhost:", "localhost:65536", "localhost:-1", "localhost:+1", "::1",
        "::1:2222", "[::1]", "[::1]2222", "[127.0.0.1]:80", "example.org:80", "127.1:80", "on",
        "010.0.0.1:80", "[fe80::1%lo]:80", "[[::1]]:80", "*", "localhost:２２", "127.0.0.1.:80"
      })
  void of_whatIsNone_isRefused(String text) {
    assertThatThrownBy(() -> ListenAddress.of(text))
        .isInstanceOf(InvalidValue.class)
        .hasMessage(
            "'"
                + text
                + "' is not an address to listen on: expected host:port, where host is localhost,"
                + " * or an IP address of this machine, such as localhost:2222, or off");
  }

  @Test
  void resolve_isBothFamilies_whereTheMachineHasThem() throws Exception {
    boolean has6 = NetworkInterface.getByInetAddress(NetUtil.LOCALHOST6) != null;
    InetSocketAddress four = new InetSocketAddress(NetUtil.LOCALHOST4, 2222);
    assertThat(ListenAddress.of("localhost:2222").resolve())
        .startsWith(four)
        .hasSize(has6 ? 2 : 1)
        .allSatisfy(address -> assertThat(address.getAddress().isLoopbackAddress()).isTrue());
    assertThat(ListenAddress.of("*:1").resolve())
        .startsWith(new InetSocketAddress(1))
        .allSatisfy(address -> assertThat(address.getAddress().isAnyLocalAddress()).isTrue());
    assertThat(ListenAddress.of("[::1]:1").resolve())
        .singleElement()
        .satisfies(address -> assertThat(address.getAddress()).isInstanceOf(Inet6Address.class));
    assertThat(ListenAddress.OFF.resolve()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "https://example.org, https://foo.localhost",
    "https://example.org/, https://foo.localhost",
    "http://relay:8080, http://foo.localhost:8080",
    "https://[::1]:80, https://foo.localhost:80",
    "http://127.0.0.1:80, http://foo.localhost",
  })
  void publicUrl_givesSchemeAndPort(String text, String url) {
    assertThat(PublicUrl.of(text).of(new Hostname("foo.localhost"))).isEqualTo(url);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "example.org",
        "ftp://x",
        "http://",
        "https://x/y",
        "https://u@x",
        "https://x:0",
        "https://x?y"
      })
  void publicUrl_whatIsNone_isRefused(String text) {
    assertThatThrownBy(() -> PublicUrl.of(text))
        .hasMessage(
            "'"
                + text
                + "' is not a public URL: expected a URL such as https://example.org or"
                + " http://relay:8080");
  }
}
