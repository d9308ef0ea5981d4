package relay.client.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServerEventTest {

  @Test
  void parse_flatObject_passesOverWhatItDoesNotKnow() throws IOException {
    ServerEvent event =
        ServerEvent.parse(
            "{\"event\":\"open\",\"port\":80,\"new\":{\"a\":[1]},\"url\":\"http://a.b\"}");
    assertThat(event.event()).isEqualTo("open");
    assertThat(event.number("port", 0)).isEqualTo(80);
    assertThat(event.text("url")).isEqualTo("http://a.b");
    assertThat(event.text("new")).isNull();
    assertThat(event.number("url", 7)).isEqualTo(7);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "[]", "{}", "{\"event\":", "1", "{\"event\":\"x\",}"})
  void parse_otherText_isAnError(String text) {
    assertThatThrownBy(() -> ServerEvent.parse(text)).isInstanceOf(IOException.class);
  }
}
