package relay.common.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.function.Function;
import java.util.stream.Stream;

/** What must hold for any text where a name, a path or a range is expected: it is one, or none. */
final class AnyName {

  private AnyName() {}

  static void check(byte[] input) {
    String text = new String(input, StandardCharsets.UTF_8);
    Hostname name = Hostname.parse(text);
    assertThat(isItself(text, Hostname::of)).isEqualTo(name != null);
    if (name != null) {
      assertThat(name.value()).matches("[a-z0-9.-]{1,253}").doesNotContain("..");
      assertThat(Hostname.parse(text + "x.")).isEqualTo(Hostname.parse(text + "X"));
    }
    Authority authority = Authority.parse(text);
    if (authority != null) {
      assertThat(Authority.parse(authority.toString())).isEqualTo(authority);
    }
    isItself(text, PathPrefix::of);
    isItself(text, PortRange::of);
    isItself(text, PortRanges::of);
    isItself(text, AddressRange::of);
    isItself(text, LocalName::of);
  }

  /** Whether it is one; what it prints is then the same. */
  private static <T> boolean isItself(String text, Function<String, T> read) {
    T value;
    try {
      value = read.apply(text);
    } catch (InvalidValue e) {
      assertThat(String.valueOf(e.getMessage()).codePoints())
          .hasSizeLessThan(1_000)
          .noneMatch(Character::isISOControl);
      return false;
    }
    assertThat(read.apply(value.toString()).toString()).isEqualTo(value.toString());
    return true;
  }

  static Stream<byte[]> seeds() {
    return Stream.of(
            "Foo.example.org.",
            "xn--bcher-kva.example",
            "[2001:db8::1]:443",
            "/api/v2/",
            "80,1024-65535",
            "10.0.0.0/8",
            "fd00::/8",
            "fe80::1%eth0",
            "::ffff:10.0.0.0/104")
        .map(text -> text.getBytes(StandardCharsets.UTF_8));
  }
}
