package relay.server.auth;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeyQuestionTest {

  private static KeyQuestion of(String user) {
    return new KeyQuestion(user, "SHA256:a+/b", "ssh-ed25519", "AA+/B==");
  }

  @ParameterizedTest
  @CsvSource({
    "ann, true",
    "ann@home, true",
    "ann+x.y_z-1, true",
    "'ann;id', false",
    "é, false",
    "../ann, false",
    "ann/.., false",
    ".., false",
    "'', false",
    "-x, false",
    "--help, false",
    "a b, false",
    "'a\tb', false",
    "'a\u0000', false",
    "'a\u001b[2J', false"
  })
  void user_thatMayBeTakenForSomethingElse_isNotAskedFor(String user, boolean safe) {
    assertThat(of(user).isSafe()).isEqualTo(safe);
  }

  @Test
  void tokens_areReplacedOnce_andInAUrlEncoded() {
    KeyQuestion question = of("%f/$1");
    assertThat(question.inWord("-u=%u,%f %t %k 100%%u"))
        .isEqualTo("-u=%f/$1,SHA256:a+/b ssh-ed25519 AA+/B== 100%u");
    assertThat(question.inUrl("https://example.org/%u?k=%k"))
        .isEqualTo("https://example.org/%25f%2F%241?k=AA%2B%2FB%3D%3D");
  }
}
