package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Rails in development, which looks at X-Forwarded-Host and -Proto as well as at Host: it refuses a
 * name that it does not know in either, and a form whose Origin is not the URL that they make.
 */
class RailsIT {

  @RegisterExtension
  final RelayNode node = RelayNode.with("--domain=relay.test", "--trusted-proxies=127.0.0.1");

  private int port;

  @BeforeEach
  void startRails() throws IOException {
    port = LocalService.freePort();
    Path directory = Files.createDirectories(node.directory().resolve("rails"));
    Files.copy(Path.of("src/test/resources/rails/config.ru"), directory.resolve("config.ru"));
    Command puma =
        Command.start(List.of("puma", "--bind", "tcp://127.0.0.1:" + port, "config.ru"), directory);
    node.closing(puma).awaitOut("Listening on");
  }

  private void ssh(String... words) {
    node.start(node.ssh("ann").forward("foo:80:localhost:" + port).to(words))
        .awaitOut("HTTP: http://foo.relay.test");
  }

  private String host() {
    return "foo.relay.test:" + node.httpPort();
  }

  @Test
  void withoutHostHeader_isRefusedByRails() {
    ssh();
    assertThat(node.curl(host(), "/form")).endsWith("\n403");
  }

  @Test
  void stockSsh_withHostHeader_formWorks() {
    ssh("host-header=rewrite");
    assertThat(node.curl(host(), "/form")).contains("at http://localhost</form>");
    formWorks("http");
    formWorks("https");
  }

  @Test
  void relay_withHostHeader_formWorks() {
    node.relay("ann", "http", Integer.toString(port), "--name=foo", "--host-header", "rewrite")
        .awaitOut("http://foo.relay.test");
    assertThat(node.curl(host(), "/form")).contains("at http://localhost:" + port + "</form>");
    formWorks("http");
    formWorks("https");
  }

  /**
   * @param scheme as a proxy in front tells it
   */
  private void formWorks(String scheme) {
    String own = scheme + "://" + host();
    String form = node.curl(host(), "/form", "-c", jar(), "-H", "X-Forwarded-Proto: " + scheme);
    String token = form.replaceAll("(?s).*name=\"authenticity_token\" value=\"(.*?)\".*", "$1");

    assertThat(post(scheme, token, own))
        .containsIgnoringCase("\nlocation: " + own + "/thanks?for=coffee\n");
    assertThat(post(scheme, token, "http://evil.test"))
        .contains("not from http://localhost")
        .endsWith("\n403");
  }

  private String post(String scheme, String token, String from) {
    List<String> words = new ArrayList<>(List.of("-i", "-b", jar()));
    words.addAll(List.of("-H", "X-Forwarded-Proto: " + scheme, "-H", "Origin: " + from));
    words.addAll(List.of("-d", "word=coffee", "--data-urlencode", "authenticity_token=" + token));
    return node.curl(host(), "/form", words.toArray(String[]::new));
  }

  private String jar() {
    return node.directory().resolve("cookies").toString();
  }
}
