package relay.server.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import relay.server.tunnel.RefusedException;
import relay.server.tunnel.TunnelOptions;

class SessionOptionsTest {

  private static TunnelOptions read(String words) throws RefusedException {
    return SessionOptions.read(words, TunnelOptions.NONE, true);
  }

  @Test
  void readme_hasTheTable() throws Exception {
    List<String> rows =
        Pattern.compile("^\\| (`[a-z-]+=.*?) \\| .*?\\| ?(.+) \\|$", Pattern.MULTILINE)
            .matcher(Files.readString(Path.of("..", "README.md")))
            .results()
            .map(row -> row.group(1) + " | " + row.group(2))
            .toList();
    assertThat(rows)
        .containsExactlyElementsOf(
            SessionOption.ALL.stream()
                .filter(option -> !option.examples().isEmpty())
                .map(option -> option.examples() + " | " + option.meaning())
                .toList());
  }

  @Test
  void unknownWord_listsAllThatAreKnown() {
    assertThatThrownBy(() -> read("colour=red"))
        .hasMessageContaining("RELAY-UNKNOWN-OPTION: 'colour=red' is no option; known are allow=, ")
        .hasMessageContaining(", tcp-aliases-allowed-users=, upstream-timeout=");
  }

  @ParameterizedTest
  @ValueSource(strings = {"deadline=1h", "local-forward=true deadline=60m", "  deadline=3600s "})
  void deadline_isATimeToCome(String words) throws Exception {
    assertLeft(words, Duration.ofHours(1));
  }

  @Test
  void deadline_asATimeOfTheClock() throws Exception {
    Instant then = Instant.now().plusSeconds(3600);
    assertLeft("deadline=" + then, Duration.ofHours(1));
    assertLeft("deadline=" + then.atOffset(ZoneOffset.ofHours(5)), Duration.ofHours(1));
    assertLeft("deadline=" + then.getEpochSecond(), Duration.ofHours(1));
  }

  private static void assertLeft(String words, Duration expected) throws RefusedException {
    long deadline = Objects.requireNonNull(read(words).deadline());
    assertThat(Duration.ofNanos(Deadlines.left(deadline)))
        .isCloseTo(expected, Duration.ofSeconds(5));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "0s",
        "soon",
        "15",
        "1700000000",
        "2020-01-01T00:00:00Z",
        "2030-01-31",
        "9999999999999",
        "4000d",
        "-1h",
        "2030-13-01T00:00:00Z",
      })
  void otherDeadline_isRefused(String value) {
    assertThatThrownBy(() -> read("deadline=" + value))
        .hasMessageContaining("RELAY-OPTION-INVALID: 'deadline=" + value + "': expected a time to");
  }
}
