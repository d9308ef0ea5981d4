package relay.common.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AuthorityTest {

  @ParameterizedTest
  @CsvSource({
    "foo.localhost, foo.localhost, -1",
    "FOO.LocalHost., foo.localhost, -1",
    "foo.localhost:8080, foo.localhost, 8080",
    "foo.localhost.:00080, foo.localhost, 80",
    "foo:, foo, -1",
    "foo:65535, foo, 65535",
  })
  void parse_hostname_isCanonical(String text, String host, int port) {
    assertThat(Authority.parse(text)).isEqualTo(new Authority(host, new Hostname(host), port));
  }

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1, 127.0.0.1, -1",
    "127.0.0.1:80, 127.0.0.1, 80",
    "[::1], [::1], -1",
    "[0:0:0:0:0:0:0:1]:443, [::1], 443",
    "[2001:DB8::A]:, [2001:db8::a], -1",
    "[::ffff:192.0.2.1], [::ffff:192.0.2.1], -1",
    "FOO_bar.localhost, foo_bar.localhost, -1",
    "a..b, a..b, -1",
    "., ., -1",
    "999.1.1.1, 999.1.1.1, -1",
  })
  void parse_addressOrUnknownName_hasNoHostname(String text, String host, int port) {
    assertThat(Authority.parse(text)).isEqualTo(new Authority(host, null, port));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        ":",
        ":80",
        "foo bar",
        " foo",
        "foo ",
        "foo\t",
        "foo\u0000",
        "foo\r\nX: y",
        "user@foo",
        "user:pass@foo",
        "foo,bar",
        "foo, bar",
        "foo/",
        "foo?x",
        "foo#x",
        "foo%2elocalhost",
        "foo\\bar",
        "http://foo",
        "foo:0",
        "foo:65536",
        "foo:999999",
        "foo:+80",
        "foo:-80",
        "foo:8o",
        "foo:80:80",
        "foo:８０",
        "fóo",
        "\u212Aelvin",
        "::1",
        "[::1",
        "[::1]x",
        "[::1]8080",
        "[::1]:x",
        "[]",
        "[[::1]]",
        "[::1%25lo]",
        "[::1%lo]",
        "[1.2.3.4]",
        "[v1.fe]",
        "[:::]",
        "[12345::]",
        "foo[::1]",
      })
  void parse_whatIsNoAuthority_isNull(String text) {
    assertThat(Authority.parse(text)).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"foo.localhost", "foo:80", "[::1]:2222", "127.0.0.1"})
  void toString_isTheHeaderValue(String text) {
    assertThat(Authority.parse(text)).hasToString(text);
  }
}
