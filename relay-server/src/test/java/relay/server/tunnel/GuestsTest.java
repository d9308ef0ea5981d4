package relay.server.tunnel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import relay.common.endpoint.InvalidValue;
import relay.server.auth.Identity;

class GuestsTest {

  private static final String ANN = "SHA256:" + "A+/".repeat(14) + "x";
  private static final String BEN = "SHA256:" + "b".repeat(43);

  private static boolean admits(String guests, String id) {
    return Guests.of(guests).contains(new Identity(id, "somebody"));
  }

  @Test
  void those_whoAreNamed_andNobodyElse() {
    assertThat(admits(ANN + "," + BEN, BEN)).isTrue();
    assertThat(admits(ANN, ANN)).isTrue();
    assertThat(admits(ANN, BEN)).isFalse();
    assertThat(admits("", ANN)).isFalse();
    assertThat(admits("any", ANN)).isTrue();
  }

  @Test
  void whoHasACertificate_isAnotherThanItsAuthority() {
    assertThat(admits(ANN + "/ben", ANN + "/ben")).isTrue();
    assertThat(admits(ANN + "/ben", ANN)).isFalse();
    assertThat(admits(ANN, ANN + "/ben")).isFalse();
    assertThat(admits(ANN + "/ben", ANN + "/ann")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ben",
        "ANY",
        "any,",
        ",",
        "SHA256:",
        "SHA256:abc",
        "MD5:00:11",
        "SHA256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb,any",
        "SHA256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb,",
        "SHA256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
        "SHA256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb/",
        "SHA256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb/a\u0007",
      })
  void otherText_isRefused(String text) {
    assertThatThrownBy(() -> Guests.of(text)).isInstanceOf(InvalidValue.class);
  }

  @Test
  void anybody_isWhoMayComeBack_byKeyOrToken() {
    assertThat(Guests.of("any").contains(new Identity("anonymous:1", "anonymous", "anonymous@::1")))
        .isFalse();
    assertThat(admits("token:k3f9x2ab", "token:k3f9x2ab")).isTrue();
    assertThat(admits("token:k3f9x2ab", "token:k3f9x2ac")).isFalse();
  }

  @Test
  void moreThanAnybodyWrites_isRefused() {
    assertThatThrownBy(() -> Guests.of((BEN + ",").repeat(256) + BEN))
        .isInstanceOf(InvalidValue.class);
    assertThat(Guests.of((BEN + ",").repeat(255) + ANN).ids()).hasSize(2);
  }
}
