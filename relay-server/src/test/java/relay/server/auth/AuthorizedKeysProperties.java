package relay.server.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever stands in a file, it is read, and never read as more rights than were given. */
class AuthorizedKeysProperties {

  private static final String KEY =
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIF9kRR6mUGw54uwzfUNrO6CpDLPFrA7UUBOyypJ5t9RX";

  @Property
  void any_text_is_read(@ForAll String text) {
    assertThat(AuthorizedKeys.parse(text).lines())
        .allSatisfy(line -> assertThat(line).isInstanceOf(AuthorizedKeys.Refused.class));
  }

  @Property
  void value_in_quotes_never_ends_early(@ForAll("values") String value) {
    String quoted = "command=\"" + value.replace("\"", "\\\"") + "\"";
    List<AuthorizedKeys.Line> lines = AuthorizedKeys.parse(quoted + " " + KEY).lines();
    assertThat(lines).hasSize(1);
    assertThat(lines.get(0)).isInstanceOf(AuthorizedKeys.Granted.class);
    assertThat(((AuthorizedKeys.Granted) lines.get(0)).grants().console()).isFalse();
  }

  @Property
  void restrict_anywhere_forbids_unless_forwarding_is_given_back_later(
      @ForAll("options") List<String> before,
      @ForAll("options") List<String> after,
      @ForAll boolean givenBack) {
    List<String> all = new ArrayList<>(before);
    all.add("port-forwarding");
    all.add("restrict");
    all.addAll(after);
    if (givenBack) {
      all.add("PORT-forwarding");
    }
    AuthorizedKeys.Line line =
        AuthorizedKeys.parse(String.join(",", all) + " " + KEY).lines().get(0);
    assertThat(line).isInstanceOf(AuthorizedKeys.Granted.class);
    assertThat(((AuthorizedKeys.Granted) line).grants().forwarding()).isEqualTo(givenBack);
  }

  /** A backslash before the closing quote would escape it, there as here. */
  @Provide
  Arbitrary<String> values() {
    return Arbitraries.strings().withChars(" \t,=\"'#ab").ofMaxLength(20);
  }

  @Provide
  Arbitrary<List<String>> options() {
    return Arbitraries.of(
            "no-pty", "PTY", "environment=\"a,b\"", "user-rc", "environment=\"x\\\"\"")
        .list()
        .ofMaxSize(4);
  }
}
