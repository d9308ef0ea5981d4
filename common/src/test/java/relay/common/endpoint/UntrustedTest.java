package relay.common.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class UntrustedTest {

  @Test
  void harmless_escapes_whatIsNotPlainlyVisible() {
    Map.of(
            "plain text, über 日本 😀", "plain text, über 日本 😀",
            "\u001b[31mred", "\\u{1b}[31mred",
            "a\r\nb", "a\\u{d}\\u{a}b",
            "\u0000\u007f\u009b", "\\u{0}\\u{7f}\\u{9b}",
            "\u202eabc\u2066", "\\u{202e}abc\\u{2066}",
            "\u2028\u2029\u00a0\u3000", "\\u{2028}\\u{2029}\\u{a0}\\u{3000}",
            "\ud800x", "\\u{d800}x",
            "\udb40\udc41", "\\u{e0041}",
            "a\\u{1b}", "a\\\\u{1b}")
        .forEach((text, harmless) -> assertThat(Untrusted.harmless(text)).isEqualTo(harmless));
  }
}
