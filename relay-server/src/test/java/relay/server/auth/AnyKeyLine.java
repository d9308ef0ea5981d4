package relay.server.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import relay.common.ssh.PublicKeyLine;

/** What must hold for any text in {@code authorized_keys}. */
final class AnyKeyLine {

  private static final String KEY =
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIF9kRR6mUGw54uwzfUNrO6CpDLPFrA7UUBOyypJ5t9RX ann";

  private AnyKeyLine() {}

  static void check(byte[] input) throws Exception {
    String text = new String(input, StandardCharsets.ISO_8859_1);
    for (String file : new String[] {text, text + " " + KEY}) {
      String[] raw = file.split("\n", -1);
      for (AuthorizedKeys.Line line : AuthorizedKeys.parse(file).lines()) {
        String alone = raw[line.number() - 1].strip();
        List<AuthorizedKeys.Line> again = AuthorizedKeys.parse(alone).lines();
        assertThat(again).hasSize(1);
        if (line instanceof AuthorizedKeys.Granted granted) {
          checkGranted(alone, granted, again.get(0));
        } else {
          checkRefused((AuthorizedKeys.Refused) line, again.get(0));
        }
      }
    }
  }

  private static void checkGranted(
      String text, AuthorizedKeys.Granted granted, AuthorizedKeys.Line again) throws Exception {
    assertThat(((AuthorizedKeys.Granted) again).grants()).isEqualTo(granted.grants());
    String written = PublicKeyLine.format(granted.key().key(), "");
    assertThat(PublicKeyLine.parse(written).key()).isEqualTo(granted.key().key());
    // What is put before takes away, and never adds.
    String separator = PublicKeyLine.looksLikeKey(text) ? " " : ",";
    AuthorizedKeys.Line less = AuthorizedKeys.parse("restrict" + separator + text).lines().get(0);
    assertThat(less).isInstanceOf(AuthorizedKeys.Granted.class);
    assertThat(granted.grants().cover(((AuthorizedKeys.Granted) less).grants())).isTrue();
  }

  private static void checkRefused(AuthorizedKeys.Refused refused, AuthorizedKeys.Line again) {
    assertThat(((AuthorizedKeys.Refused) again).reason()).isEqualTo(refused.reason());
    assertThat(refused.reason().codePoints())
        .isNotEmpty()
        .hasSizeLessThan(1_000)
        .noneMatch(Character::isISOControl);
  }

  static Stream<byte[]> seeds() {
    return Stream.of(
            KEY,
            "# a comment\n\n" + KEY,
            "restrict,port-forwarding,permitlisten=\"shop-*:80\",permitlisten=\"4000\"",
            "permitopen=\"db:5432\",permitopen=\"[::1]:*\",from=\"10.0.0.0/8,!10.0.0.1,fd00::*\"",
            "expiry-time=\"20300101Z\",no-pty,command=\"say \\\"hi\\\"\",environment=\"A=b\"",
            "cert-authority,principals=\"ann,ben\"")
        .map(text -> text.getBytes(StandardCharsets.ISO_8859_1));
  }
}
