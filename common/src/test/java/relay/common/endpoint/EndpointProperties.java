package relay.common.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class EndpointProperties {

  @Property
  void hostname_ofAndParse_agree(@ForAll("nearlyHostnames") String text) {
    Hostname parsed = Hostname.parse(text);
    Throwable refused = catchThrowable(() -> Hostname.of(text));
    assertThat(refused == null).isEqualTo(parsed != null);
    if (parsed != null) {
      assertThat(Hostname.of(text)).isEqualTo(parsed);
      assertThat(Hostname.of(parsed.value())).isEqualTo(parsed);
      assertThat(parsed.value()).matches("[a-z0-9]([a-z0-9.-]*[a-z0-9])?").doesNotContain("..");
    }
  }

  @Property
  void hostname_everySpelling_isOneName(@ForAll("hostnames") String name) {
    Hostname canonical = Hostname.of(name);
    assertThat(Hostname.parse(name.toUpperCase(Locale.ROOT))).isEqualTo(canonical);
    assertThat(Hostname.parse(name + ".")).isEqualTo(canonical);
    assertThat(canonical.child("x").parent()).isEqualTo(canonical);
    assertThat(canonical.child("x").isUnder(canonical)).isTrue();
    assertThat(canonical.isUnder(canonical.child("x"))).isFalse();
  }

  @Property
  void authority_isWhatItPrints(@ForAll("nearlyHostnames") String text) {
    Authority authority = Authority.parse(text);
    if (authority != null) {
      assertThat(Authority.parse(authority.toString())).isEqualTo(authority);
      assertThat(authority.host()).isEqualTo(authority.host().toLowerCase(Locale.ROOT));
      if (authority.hostname() != null) {
        assertThat(authority.host()).isEqualTo(authority.hostname().value());
      }
    }
  }

  @Property
  void authority_hostnameAndPort_areFound(
      @ForAll("hostnames") String name, @ForAll @IntRange(min = 1, max = 65535) int port) {
    assertThat(Authority.parse(name + ":" + port))
        .isEqualTo(new Authority(Hostname.of(name).value(), Hostname.of(name), port));
  }

  @Property
  void authority_anyText_raisesNothing(@ForAll String text) {
    Authority authority = Authority.parse(text);
    assertThat(authority == null || authority.port() == -1 || authority.port() > 0).isTrue();
  }

  @Property
  void portRanges_areTheSetTheyWereGiven(
      @ForAll("ranges") @Size(min = 1, max = 8) List<PortRange> given) {
    PortRanges ranges =
        PortRanges.of(given.stream().map(PortRange::toString).collect(Collectors.joining(",")));
    BitSet expected = new BitSet();
    given.forEach(range -> expected.set(range.first(), range.last() + 1));
    BitSet actual = new BitSet();
    for (int port = 0; port <= PortRange.MAX; port++) {
      actual.set(port, ranges.contains(port));
    }
    assertThat(actual).isEqualTo(expected);
    assertThat(PortRanges.of(ranges.toString())).isEqualTo(ranges);
    assertThat(ranges.ranges().stream().mapToInt(PortRange::size).sum())
        .isEqualTo(expected.cardinality());
  }

  @Property
  void untrusted_neverControls_andLosesNothing(@ForAll String text) {
    String harmless = Untrusted.harmless(text);
    assertThat(harmless.codePoints())
        .noneMatch(Character::isISOControl)
        .noneMatch(c -> Character.getType(c) == Character.FORMAT)
        .noneMatch(c -> c != ' ' && Character.isSpaceChar(c))
        .noneMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
    assertThat(restore(harmless)).isEqualTo(text);
  }

  @Provide
  Arbitrary<String> hostnames() {
    Arbitrary<String> label =
        Combinators.combine(
                Arbitraries.strings().withCharRange('a', 'z').ofLength(1),
                Arbitraries.strings().withChars("abcXYZ019-").ofMaxLength(20),
                Arbitraries.strings().withChars("a0Z").ofLength(1))
            .as((first, middle, last) -> first + middle + last);
    return label.list().ofMinSize(1).ofMaxSize(5).map(labels -> String.join(".", labels));
  }

  @Provide
  Arbitrary<String> nearlyHostnames() {
    return Arbitraries.oneOf(
        hostnames(),
        Arbitraries.strings().withChars("aZ09-.:[]_ ").ofMaxLength(12),
        Arbitraries.strings().withChars("a.").ofMinLength(240).ofMaxLength(260));
  }

  @Provide
  Arbitrary<List<PortRange>> ranges() {
    Arbitrary<Integer> port = Arbitraries.integers().between(1, PortRange.MAX);
    return Combinators.combine(port, port)
        .as((a, b) -> new PortRange(Math.min(a, b), Math.max(a, b)))
        .list();
  }

  private static String restore(String harmless) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < harmless.length(); i++) {
      if (harmless.charAt(i) != '\\') {
        out.append(harmless.charAt(i));
      } else if (harmless.charAt(++i) == '\\') {
        out.append('\\');
      } else {
        int end = harmless.indexOf('}', i);
        out.appendCodePoint(Integer.parseInt(harmless, i + 2, end, 16));
        i = end;
      }
    }
    return out.toString();
  }
}
