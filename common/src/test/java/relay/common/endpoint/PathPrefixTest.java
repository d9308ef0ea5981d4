package relay.common.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PathPrefixTest {

  @ParameterizedTest
  @CsvSource({"api, /api", "/api, /api", "/api/, /api", "a/b, /a/b", "'', ''", "/, ''"})
  void text_withOrWithoutSlashes_isOnePath(String text, String value) {
    assertThat(PathPrefix.of(text).value()).isEqualTo(value);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a//b", "..", "a/../b", ".", "a b", "a%20b", "a?b", "a#b", "ä", "a:b"})
  void text_thatNoTargetCouldHave_isRefused(String text) {
    assertThatThrownBy(() -> PathPrefix.of(text)).isInstanceOf(InvalidValue.class);
  }

  @ParameterizedTest
  @CsvSource({
    "/api, true", "/api/, true", "/api/x, true", "/api?x, true", "/apix, false",
    "/Api, false", "/ap, false", "/%61pi, false", "/x/api, false", "*, false",
  })
  void covers_wholeSegments(String target, boolean covered) {
    assertThat(PathPrefix.of("/api").covers(target)).isEqualTo(covered);
    assertThat(PathPrefix.ALL.covers(target)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"/api, /", "/api/, /", "/api/x?y, /x?y", "/api?y, /?y", "/api//x, //x"})
  void strip_leavesAnOriginForm(String target, String rest) {
    assertThat(PathPrefix.of("/api").strip(target)).isEqualTo(rest);
  }

  @Test
  void strip_ofNothing_changesNothing() {
    assertThat(PathPrefix.ALL.strip("*")).isEqualTo("*");
    assertThat(PathPrefix.ALL.strip("/x")).isEqualTo("/x");
  }
}
