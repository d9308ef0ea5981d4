package relay.common.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostnameTest {

  @ParameterizedTest
  @CsvSource({
    "foo, foo",
    "FOO.Example.ORG., foo.example.org",
    "a-b.c, a-b.c",
    "1.example, 1.example",
    "1a, 1a",
    "xn--bcher-kva.example, xn--bcher-kva.example",
  })
  void of_anySpelling_isCanonical(String text, String canonical) {
    assertThat(Hostname.of(text)).isEqualTo(new Hostname(canonical)).hasToString(canonical);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "..",
        "a..",
        ".a",
        "a..b",
        "-a",
        "a-",
        "a.-b",
        "a-.b",
        "a_b",
        "a b",
        "a:80",
        "127.0.0.1",
        "127.0.0.1.",
        "1",
        "a.1",
        "::1",
        "[::1]",
        "*",
        "ａ",
        "１",
        "a\u0000",
        "a/b",
        "\u212A",
        "foo\n",
        "a%2e"
      })
  void of_whatIsNoHostname_isRefused(String text) {
    assertThatThrownBy(() -> Hostname.of(text)).isInstanceOf(InvalidHostname.class);
    assertThat(Hostname.parse(text)).isNull();
  }

  @Test
  void of_lengths_areThoseOfDns() {
    String label = "a".repeat(63);
    String longest = label + "." + label + "." + label + "." + "a".repeat(61);
    assertThat(Hostname.of(longest).value()).hasSize(253);
    assertThat(Hostname.of(longest + ".").value()).hasSize(253);
    assertThat(Hostname.parse(longest + "a")).isNull();
    assertThat(Hostname.parse(label + "a")).isNull();
  }

  @Test
  void of_message_namesValueAndExpectation() {
    assertThatThrownBy(() -> Hostname.of("a_b\u001b[2J"))
        .hasMessage(
            "'a_b\\u{1b}[2J' is not a hostname: expected letters (a to z), digits, hyphens and dots"
                + " only");
    assertThatThrownBy(() -> Hostname.of("x".repeat(300))).hasMessageContaining("at most 253");
  }

  @ParameterizedTest
  @ValueSource(strings = {"A", "a.", "A.b"})
  void constructor_whatIsNotCanonical_isRefused(String text) {
    assertThatThrownBy(() -> new Hostname(text)).isInstanceOf(InvalidHostname.class);
  }

  @Test
  void isUnder_isStrictAndByLabel() {
    Hostname domain = new Hostname("example.org");
    assertThat(new Hostname("a.example.org").isUnder(domain)).isTrue();
    assertThat(new Hostname("a.b.example.org").isUnder(domain)).isTrue();
    assertThat(domain.isUnder(domain)).isFalse();
    assertThat(new Hostname("badexample.org").isUnder(domain)).isFalse();
    assertThat(new Hostname("org").isUnder(domain)).isFalse();
  }

  @Test
  void child_oneLabel_only() {
    Hostname domain = new Hostname("localhost");
    assertThat(domain.child("Foo")).isEqualTo(new Hostname("foo.localhost"));
    assertThatThrownBy(() -> domain.child("a.b"))
        .hasMessage("'a.b' is not a hostname: expected one label, without a dot");
    assertThatThrownBy(() -> domain.child("")).isInstanceOf(InvalidHostname.class);
  }

  @Test
  void parent_ofOneLabel_isNull() {
    assertThat(new Hostname("a.b.c").parent()).isEqualTo(new Hostname("b.c"));
    assertThat(new Hostname("a").parent()).isNull();
    assertThat(new Hostname("a.b").firstLabel()).isEqualTo("a");
    assertThat(new Hostname("a").firstLabel()).isEqualTo("a");
  }
}
