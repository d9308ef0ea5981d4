package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** {@code ssh -L} to port 443 of an HTTP tunnel: the relay itself speaks TLS there. */
class HttpsWaysIT {

  @RegisterExtension final RelayNode node = RelayNode.with("--https-listen=localhost:0");

  private void forward(String... words) {
    Command owner =
        node.start(
            node.ssh("ann")
                .forward("foo:80:127.0.0.1:" + node.nginx("").port())
                .forward("bar:80:127.0.0.1:" + node.nginx("location / { return 200 bar; }").port())
                .to(words));
    owner.awaitOut("^HTTPS: https://bar.localhost");
  }

  private String curl(int port, String host, String... more) {
    List<String> words =
        new java.util.ArrayList<>(
            List.of(
                "curl", "-sS", "--cacert", node.certs().all().toString(), "-w", "\n%{http_code}"));
    words.addAll(List.of("--resolve", host + ":" + port + ":127.0.0.1"));
    words.addAll(List.of(more));
    words.add("https://" + host + ":" + port + "/hello");
    return Command.run(words.toArray(String[]::new));
  }

  @Test
  void tls_hasTheEdgesCertificate_andOneNamesTunnels() {
    forward();
    int port = node.localForward("ben", "foo:443");

    assertThat(curl(port, "foo.localhost")).isEqualTo("hello from nginx\n\n200");
    assertThat(curl(port, "bar.localhost")).isEqualTo("hello from nginx\n\n200");
    assertThat(curl(port, "foo.localhost", "-H", "Host: bar.localhost"))
        .isEqualTo("hello from nginx\n\n200");
    assertThat(Command.run("curl", "-sSk", "https://127.0.0.1:" + port + "/hello"))
        .startsWith("hello from nginx");
  }

  @Test
  void socks_findsTheUrlThatIsShown() {
    forward();
    String url = "https://foo.localhost:" + node.httpsPort() + "/hello";
    assertThat(
            Command.run(
                "curl",
                "-sS",
                "--cacert",
                node.certs().all().toString(),
                "--socks5-hostname",
                "127.0.0.1:" + node.socks("ben"),
                url))
        .startsWith("hello from nginx");
  }

  @Test
  void forcedHttps_sendsToThePublicUrl() {
    forward("force-https=true");
    int port = node.localForward("ben", "foo:80");
    assertThat(Command.run("curl", "-sSi", "http://127.0.0.1:" + port + "/hello"))
        .startsWith("HTTP/1.1 307")
        .containsIgnoringCase("location: https://foo.localhost:" + node.httpsPort() + "/hello");
  }
}
