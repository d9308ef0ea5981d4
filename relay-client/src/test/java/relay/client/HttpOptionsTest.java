package relay.client;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import relay.client.local.LocalAddress;
import relay.common.endpoint.PathPrefix;

class HttpOptionsTest {

  @Command
  private static final class Any {
    @Mixin private HttpOptions options = new HttpOptions();
  }

  private static HttpOptions parsed(String... arguments) {
    Any any = new Any();
    new CommandLine(any).parseArgs(arguments);
    return any.options;
  }

  @ParameterizedTest
  @CsvSource({
    "localhost:3000,    host-header=localhost:3000",
    "localhost:80,      host-header=localhost",
    "[::1]:80,          host-header=[::1]",
    "192.168.1.20:8080, host-header=192.168.1.20:8080",
  })
  void rewrite_isTheServicesOwnHost(String local, String word) {
    assertThat(parsed("--host-header", "rewrite").words(LocalAddress.parse(local)))
        .containsExactly(word);
  }

  @Test
  void everyFlag_isAWord() {
    HttpOptions options =
        parsed(
            "--path=api/",
            "--strip-path",
            "--host-header=shop.test",
            "--force-https",
            "--upstream-timeout=1h");
    assertThat(options.path()).isEqualTo(PathPrefix.of("/api"));
    assertThat(options.words(LocalAddress.parse("3000")))
        .containsExactly(
            "host-header=shop.test",
            "strip-path=true",
            "force-https=true",
            "upstream-timeout=3600000ms");
  }

  @Test
  void noFlag_isNoWord() {
    assertThat(parsed().words(LocalAddress.parse("3000"))).isEmpty();
    assertThat(parsed().path()).isEqualTo(PathPrefix.ALL);
  }
}
