package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A Django site that answers to {@code localhost} only, and looks at where a form comes from. */
class DjangoIT {

  @RegisterExtension final RelayNode node = RelayNode.with();

  private int port;

  @BeforeEach
  void startDjango() {
    port = LocalService.freePort();
    node.start(
            List.of(
                "/usr/bin/python3",
                "-u",
                Path.of("src/test/resources/django/site.py").toAbsolutePath().toString(),
                Integer.toString(port)))
        .awaitOut("Starting development server");
    Awaitility.await().until(() -> !Listening.on(port).isEmpty()); // it says so a moment before
  }

  private void ssh(String... words) {
    node.start(node.ssh("ann").forward("foo:80:localhost:" + port).to(words))
        .awaitOut("HTTP: http://foo.localhost");
  }

  private String visit(String path, String... more) {
    return node.curl("foo.localhost:" + node.httpPort(), path, more);
  }

  @Test
  void withoutHostHeader_isRefusedByDjango() {
    ssh();
    assertThat(visit("/")).contains("Bad Request").endsWith("\n400");
  }

  @Test
  void stockSsh_withHostHeader_pageAndFormWork() {
    ssh("host-header=rewrite");
    assertThat(visit("/")).isEqualTo("at home on localhost\n200");
    formWorks();
  }

  @Test
  void relay_withHostHeader_pageAndFormWork() {
    node.relay("ann", "http", Integer.toString(port), "--name=foo", "--host-header", "rewrite")
        .awaitOut("http://foo.localhost");
    assertThat(visit("/")).isEqualTo("at home on localhost:" + port + "\n200");
    formWorks();
  }

  private void formWorks() {
    String own = "http://foo.localhost:" + node.httpPort();
    String form = visit("/form", "-c", jar());
    String token = form.replaceAll("(?s).*value=\"(.*?)\".*", "$1");

    assertThat(post(token, own))
        .containsIgnoringCase("\nlocation: " + own + "/thanks?for=coffee\n");
    assertThat(post("x".repeat(token.length()), own)).endsWith("\n403");
    assertThat(post(token, "http://evil.test"))
        .contains("http://evil.test/ is not of http://localhost")
        .endsWith("\n403");
  }

  private String post(String token, String from) {
    List<String> words = new ArrayList<>(List.of("-i", "-b", jar(), "-H", "Origin: " + from));
    words.addAll(List.of("-e", from + "/form", "-d", "word=coffee"));
    words.addAll(List.of("-d", "csrfmiddlewaretoken=" + token));
    return visit("/form", words.toArray(String[]::new));
  }

  private String jar() {
    return node.directory().resolve("cookies").toString();
  }
}
