package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.slf4j.event.KeyValuePair;
import relay.server.config.LogFormat;

class LogLayoutTest {

  private static final String NASTY = "a\r\nb\u001b[2J\u202e\u007f\u009bö";

  private final Logger logger = new LoggerContext().getLogger("relay.server.Lifecycle");

  @Test
  void text_isOneHarmlessLine() {
    assertThat(lay(LogFormat.TEXT, "got {}", null, List.of()))
        .isEqualTo(
            "2026-11-21T10:00:00.123Z INFO  Lifecycle: got"
                + " a\\u{d}\\u{a}b\\u{1b}[2J\\u{202e}\\u{7f}\\u{9b}ö\n");
  }

  @Test
  void text_keyValues_areOneObject() {
    assertThat(
            lay(
                LogFormat.TEXT,
                "ready",
                null,
                List.of(
                    new KeyValuePair("pid", 7),
                    new KeyValuePair("listeners", Map.of("ssh", List.of("[::1]:2222"))),
                    new KeyValuePair("name", NASTY))))
        .isEqualTo(
            "2026-11-21T10:00:00.123Z INFO  Lifecycle: ready {\"pid\":7,"
                + "\"listeners\":{\"ssh\":[\"[::1]:2222\"]},"
                + "\"name\":\"a\\r\\nb\\u001B[2J\\u202E\\u007F\\u009B\\u00F6\"}\n");
  }

  @Test
  void text_exception_isALineAFrame() {
    String text =
        lay(LogFormat.TEXT, "failed", new IllegalStateException(NASTY, new Error("x")), List.of());
    assertThat(text.lines().toList())
        .contains("  caused by java.lang.Error: x")
        .anyMatch(line -> line.startsWith("  java.lang.IllegalStateException: a\\u{d}\\u{a}b"))
        .anyMatch(line -> line.startsWith("    at relay.server.LogLayoutTest."));
    assertThat(text).doesNotContain("\r", "\u001b");
  }

  @Test
  void json_isOneObject_thatGivesTheTextBack() throws Exception {
    String line =
        lay(
            LogFormat.JSON,
            "got {}",
            new IllegalStateException(NASTY),
            List.of(new KeyValuePair("who", NASTY), new KeyValuePair("none", null)));
    assertThat(line).endsWith("}\n");
    assertThat(line.substring(0, line.length() - 1).chars()).allMatch(c -> c >= 0x20 && c < 0x7f);
    JsonNode event = new JsonMapper().readTree(line);
    assertThat(event.get("ts").asText()).isEqualTo("2026-11-21T10:00:00.123Z");
    assertThat(event.get("level").asText()).isEqualTo("INFO");
    assertThat(event.get("logger").asText()).isEqualTo("relay.server.Lifecycle");
    assertThat(event.get("msg").asText()).isEqualTo("got " + NASTY);
    assertThat(event.get("who").asText()).isEqualTo(NASTY);
    assertThat(event.get("error").asText()).startsWith("java.lang.IllegalStateException: a\\u{d}");
  }

  private String lay(
      LogFormat format, String message, @Nullable Throwable thrown, List<KeyValuePair> pairs) {
    LoggingEvent event =
        new LoggingEvent("", logger, Level.INFO, message, thrown, new Object[] {NASTY});
    event.setInstant(Instant.parse("2026-11-21T10:00:00.123Z"));
    pairs.forEach(event::addKeyValuePair);
    return new LogLayout(format).doLayout(event);
  }
}
