package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import relay.common.config.ConfigKey;
import relay.common.config.ConfigLoader;
import relay.common.endpoint.RefusalCode;
import relay.server.config.ServerConfig;

/** The page REFUSALS.md tells every code, no other, and no key that there is not. */
class RefusalsTableTest {

  private static List<String> found(String regex) throws Exception {
    String page = Files.readString(Path.of("REFUSALS.md"));
    return Pattern.compile(regex, Pattern.MULTILINE)
        .matcher(page)
        .results()
        .map((MatchResult result) -> result.group(1))
        .toList();
  }

  @Test
  void codes_areAllThereOnce() throws Exception {
    assertThat(found("^\\| `(RELAY-[A-Z0-9-]+)` \\| \\S"))
        .containsExactlyInAnyOrderElementsOf(
            Arrays.stream(RefusalCode.values()).map(RefusalCode::id).toList());
  }

  @Test
  void keys_areThoseOfTheConfiguration() throws Exception {
    assertThat(new ConfigLoader<>(ServerConfig.class, Set.of()).keys())
        .extracting(ConfigKey::name)
        .containsAll(found("`((?:limits|http|tcp)\\.[a-z-]+)`"));
  }
}
