package relay.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import relay.common.endpoint.InvalidValue;

class KeyCommandTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "keys.sh",
        "./keys.sh %u",
        "/keys %x",
        "/keys 100%",
        "/keys %%%",
        "http://example.org/%f",
        "http://localhost.example.org/%f",
        "http://localhost@example.org/%f",
        "https://user:secret@example.org/%f",
        "https:///%f",
        "https:example.org",
        "https://example.org/%f more",
        "https://exa mple.org/",
        "ftp://example.org/%f",
        "file:///etc/passwd",
      })
  void whatIsNoCommand_isRefused(String text) {
    assertThatThrownBy(() -> KeyCommand.of(text))
        .isInstanceOf(InvalidValue.class)
        .hasMessageContaining("expected a program by its whole path");
  }

  @Test
  void programAndUrl() {
    assertThat(KeyCommand.of(" /keys  -u %u 1%% ").words())
        .containsExactly("/keys", "-u", "%u", "1%%");
    assertThat(KeyCommand.of("/keys").isUrl()).isFalse();
    assertThat(KeyCommand.of("https://example.org/%u?key=%f&kind=%t").isUrl()).isTrue();
    assertThat(KeyCommand.of("http://[::1]:8000/%f").isUrl()).isTrue();
  }
}
