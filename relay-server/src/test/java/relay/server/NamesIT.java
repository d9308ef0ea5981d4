package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a forward of port 80 or 443 becomes: a name. */
class NamesIT {

  private static final String OWN_NAME =
      "HTTP: http://([a-z]+-[a-z]+-[a-z2-9]{5}\\.localhost):\\d+$";

  @RegisterExtension final RelayNode node = RelayNode.with();

  @ParameterizedTest
  @ValueSource(strings = {"80:", ":80:", "*:80:", "0.0.0.0:80:", "localhost:80:"})
  void plainPort80_isTheOwnName(String host) {
    Nginx nginx = node.nginx("");
    Command ssh = node.start(node.ssh("ann").forward(host + local(nginx.port())).console());
    String name = ssh.awaitOut(OWN_NAME);

    assertThat(node.curl(name, "/hello")).isEqualTo("hello from nginx\n\n200");
    ssh.awaitErr("relay: -R 80 is " + name + ":" + node.httpPort());
  }

  @Test
  void ownName_isTheSameAfterAReconnect_andNobodyElses() {
    Command first = node.start(node.ssh("ann").forward("80:" + local(1)).console());
    String name = first.awaitOut(OWN_NAME);
    first.close();
    node.awaitTunnels(0);

    Command again = node.start(node.ssh("ann").forward("80:" + local(1)).console());
    Command ben = node.start(node.ssh("ben").forward("80:" + local(1)).console());
    assertThat(again.awaitOut(OWN_NAME)).isEqualTo(name);
    assertThat(ben.awaitOut(OWN_NAME)).isNotEqualTo(name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"foo:80:", "FOO:80:", "foo.localhost:80:", "Foo.LocalHost.:80:"})
  void chosenName_inAnySpelling_isOneName(String asked) {
    Nginx nginx = node.nginx("");
    Command ssh = node.start(node.ssh("ann").forward(asked + local(nginx.port())).console());
    ssh.awaitOut("HTTP: http://foo.localhost:" + node.httpPort() + "$");

    assertThat(node.curl("foo.localhost", "/hello")).endsWith("200");
    Command ben = node.start(node.ssh("ben").forward("foo:80:" + local(1)).console());
    ben.awaitOut("RELAY-NAME-TAKEN: foo.localhost belongs to another key");
  }

  @ParameterizedTest
  @ValueSource(strings = {"443:", "*:443:", "0.0.0.0:443:"})
  void plainPort443_speaksTlsToTheService_withTheOwnName(String host) {
    int tls = tlsService();
    Command ssh = node.start(node.ssh("ann").forward(host + local(tls)).console());
    String name = ssh.awaitOut(OWN_NAME);

    assertThat(node.curl(name, "/tls")).isEqualTo("on sni=" + name + " alpn=http/1.1\n200");
  }

  @Test
  void chosenName443_speaksTlsToTheService_withThatName() {
    int tls = tlsService();
    Command ssh = node.start(node.ssh("ann").forward("foo:443:" + local(tls)).console());
    ssh.awaitOut("HTTP: http://foo.localhost:");

    assertThat(node.curl("foo.localhost", "/tls"))
        .isEqualTo("on sni=foo.localhost alpn=http/1.1\n200");
  }

  @Test
  void port443_withAServiceThatSpeaksNoTls_isABadGateway_thatSaysWhy() {
    Nginx plain = node.nginx("");
    Command ssh = node.start(node.ssh("ann").forward("foo:443:" + local(plain.port())).console());
    ssh.awaitOut("HTTP: http://foo.localhost:");

    assertThat(node.curl("foo.localhost", "/hello"))
        .contains("RELAY-502-BAD-ANSWER", "TLS handshake")
        .endsWith("502");
  }

  @Test
  void port80BesidePort443_getsTheNextName() {
    Nginx nginx = node.nginx("");
    int tls = tlsService();
    Command ssh =
        node.start(
            node.ssh("ann")
                .forward("80:" + local(nginx.port()))
                .forward("443:" + local(tls))
                .console());
    String one = ssh.awaitOut(OWN_NAME);
    String two = ssh.awaitOut("HTTP: http://((?!" + one + ")[^ :]+\\.localhost):");

    assertThat(node.curl(one, "/hello")).endsWith("200");
    assertThat(node.curl(two, "/tls")).startsWith("on sni=" + two);
  }

  @Test
  void twoSessionsOfOneKey_haveTwoNames() {
    Command one = node.start(node.ssh("ann").forward("80:" + local(1)).console());
    String first = one.awaitOut(OWN_NAME);
    Command two = node.start(node.ssh("ann").forward("80:" + local(1)).console());
    String second = two.awaitOut(OWN_NAME);

    assertThat(second).isNotEqualTo(first);
    String port = ":" + node.httpPort();
    one.awaitErr("relay: -R 80 is " + first + port);
    two.awaitErr(
        "relay: -R 80 is %s, or %s while your other session lives$"
            .formatted(first + port, second + port));
  }

  @Test
  void sshKilled_inAnAnswerOverTls_isSeenAtOnce() throws Exception {
    int tls = tlsService();
    Files.write(node.directory().resolve("nginx0/www/slow"), new byte[1 << 20]);
    Command ssh = node.start(node.ssh("ann").forward("foo:443:" + local(tls)).console());
    ssh.awaitOut("HTTP: http://foo");
    Socket visitor = node.visit(node.httpPort());
    Wire.send(visitor, "GET /slow HTTP/1.1\r\nHost: foo.localhost\r\n\r\n");
    assertThat(Wire.head(visitor.getInputStream())).startsWith("HTTP/1.1 200");

    long killed = System.nanoTime();
    ssh.signal("KILL");
    assertThat(visitor.getInputStream().readAllBytes()).hasSizeLessThan(1 << 20);
    assertThat(Duration.ofNanos(System.nanoTime() - killed)).isLessThan(Duration.ofSeconds(2));
  }

  /** An nginx with a certificate that nobody would trust, which tells what it was asked for. */
  private int tlsService() {
    Path key = node.directory().resolve("tls.key");
    Path certificate = node.directory().resolve("tls.crt");
    Command.run(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=x"
            .concat(" -keyout " + key + " -out " + certificate)
            .split(" ", -1));
    int port = LocalService.freePort();
    String answer = "$https sni=$ssl_server_name alpn=$ssl_alpn_protocol";
    node.nginx(
        String.join(
            "\n",
            List.of(
                "listen 127.0.0.1:" + port + " ssl;",
                "location = /slow { limit_rate 10k; }",
                "ssl_certificate " + certificate + ";",
                "ssl_certificate_key " + key + ";",
                "location = /tls { return 200 \"" + answer + "\"; }")));
    return port;
  }

  private static String local(int port) {
    return "127.0.0.1:" + port;
  }
}
