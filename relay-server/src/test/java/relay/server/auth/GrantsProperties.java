package relay.server.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.time.Instant;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import relay.common.endpoint.Endpoint;
import relay.common.endpoint.Hostname;
import relay.common.endpoint.InvalidValue;
import relay.common.endpoint.Wildcard;

/** Whatever a line says, what it permits is what a plainer reading of it permits. */
class GrantsProperties {

  private static final Hostname DOMAIN = Hostname.of("example.org");

  @Property
  void wildcard_isTheRegularExpression(
      @ForAll("patterns") String pattern, @ForAll("texts") String text) {
    String regex =
        pattern
            .chars()
            .mapToObj(c -> c == '*' ? ".*" : c == '?' ? "." : Pattern.quote("" + (char) c))
            .collect(Collectors.joining());
    assertThat(new Wildcard(pattern).matches(text)).isEqualTo(text.matches(regex));
  }

  @Property
  void anyOptions_areReadOrRefused(@ForAll("anyOptions") String options) {
    try {
      Grants grants = KeyOptions.parse(options).grants();
      grants.permitsListen(options, 80);
      grants.permitsOpen(options, 80);
      grants.hold(InetAddress.getLoopbackAddress(), Instant.EPOCH);
    } catch (KeyOptions.Refused e) {
      assertThat(e.reason()).isNotEmpty().doesNotContain("\n");
    }
  }

  @Property
  void anySources_areReadOrRefused(@ForAll("anySources") String list) {
    try {
      Sources.of(list).contain(InetAddress.getLoopbackAddress());
    } catch (InvalidValue e) {
      assertThat(e).hasMessageContaining("host name");
    }
  }

  /** A session goes on where the new line covers the old one: it must not lose anything then. */
  @Property
  void whatCovers_permitsAllThatWasPermitted(
      @ForAll("lines") List<String> before,
      @ForAll("lines") List<String> now,
      @ForAll("names") String name,
      @ForAll("ports") int port)
      throws Exception {
    Grants old = KeyOptions.parse(String.join(",", before)).grants();
    Grants fresh = KeyOptions.parse(String.join(",", now)).grants();
    assertThat(fresh.cover(fresh)).isTrue();
    if (fresh.cover(old)) {
      Endpoint.Http http = new Endpoint.Http(DOMAIN.child(name));
      Endpoint.Alias alias = new Endpoint.Alias(DOMAIN.child(name), port);
      assertThat(old.permitsListen(http, DOMAIN) && !fresh.permitsListen(http, DOMAIN)).isFalse();
      assertThat(old.permitsListen(alias, DOMAIN) && !fresh.permitsListen(alias, DOMAIN)).isFalse();
      assertThat(old.permitsListen(name, port) && !fresh.permitsListen(name, port)).isFalse();
      assertThat(old.permitsOwnNames() && !fresh.permitsOwnNames()).isFalse();
      assertThat(old.permitsOpen(name, port) && !fresh.permitsOpen(name, port)).isFalse();
      assertThat(!old.forbidsOpen(name, port) && fresh.forbidsOpen(name, port)).isFalse();
      assertThat(old.console() && !fresh.console()).isFalse();
    }
  }

  @Provide
  Arbitrary<String> patterns() {
    return Arbitraries.strings().withChars("ab.*?").ofMaxLength(8);
  }

  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.strings().withChars("ab.").ofMaxLength(10);
  }

  @Provide
  Arbitrary<String> anyOptions() {
    Arbitrary<String> value =
        Arbitraries.strings().withChars("a1*?.:![]/,\\\" Z-\u0000\u00e9").ofMaxLength(12);
    Arbitrary<String> option =
        Arbitraries.of("permitlisten", "permitopen", "FROM", "expiry-time", "principals", "pty", "")
            .flatMap(name -> value.map(text -> name + "=\"" + text + "\""));
    return Arbitraries.oneOf(
        Arbitraries.strings().ofMaxLength(60),
        option.list().ofMaxSize(3).map(all -> String.join(",", all)));
  }

  @Provide
  Arbitrary<String> anySources() {
    return Arbitraries.strings().withChars("012.:/,!*?af ").ofMaxLength(24);
  }

  @Provide
  Arbitrary<List<String>> lines() {
    return Arbitraries.of(
            "restrict",
            "port-forwarding",
            "no-pty",
            "command=\"x\"",
            "permitlisten=\"a*:80\"",
            "permitlisten=\"a:*\"",
            "permitlisten=\"localhost:80\"",
            "permitlisten=\"22\"",
            "permitopen=\"a:22\"",
            "permitopen=\"*:80\"")
        .set()
        .ofMaxSize(4)
        .map(List::copyOf);
  }

  @Provide
  Arbitrary<String> names() {
    return Arbitraries.of("a", "ab", "b", "localhost");
  }

  @Provide
  Arbitrary<Integer> ports() {
    return Arbitraries.of(22, 80, 443, 4000);
  }
}
