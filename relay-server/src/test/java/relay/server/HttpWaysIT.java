package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code ssh -L}, {@code -D} and {@code -W} to an HTTP tunnel: by the edge, and to that name alone.
 */
class HttpWaysIT {

  /** All who come here come from a trusted proxy's address, and are none. */
  @RegisterExtension final RelayNode node = RelayNode.with("--trusted-proxies=127.0.0.1,::1");

  @BeforeEach
  void forward() {
    int mirror =
        node.service(
                socket -> {
                  InputStream in = socket.getInputStream();
                  for (String head = Wire.head(in); !head.isEmpty(); head = Wire.head(in)) {
                    String body = "foo\n" + head;
                    Wire.send(
                        socket,
                        "HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
                  }
                })
            .port();
    Command owner =
        node.start(
            node.ssh("ann")
                .forward("foo:80:127.0.0.1:" + mirror)
                .forward("foo/static:80:127.0.0.1:" + node.nginx("").port())
                .forward("bar:80:127.0.0.1:" + node.nginx("").port())
                .console());
    owner.awaitOut("^HTTP: http://bar.localhost");
  }

  private String get(int port, String... more) {
    List<String> words = new java.util.ArrayList<>(List.of("curl", "-sS", "-w", "\n%{http_code}"));
    words.addAll(List.of(more));
    words.add("http://127.0.0.1:" + port + "/");
    return Command.run(words.toArray(String[]::new));
  }

  @ParameterizedTest
  @ValueSource(strings = {"foo:80", "FOO.localhost:80"})
  void anybody_isServed_andTheServiceIsToldByWhom(String to) {
    int port = node.localForward("ben", to);
    assertThat(get(port))
        .startsWith("foo\nGET / HTTP/1.1")
        .contains("\nHost: 127.0.0.1:" + port + "\n")
        .containsIgnoringCase("x-forwarded-for: 127.0.0.1\n")
        .containsIgnoringCase("x-forwarded-host: 127.0.0.1:" + port + "\n")
        .containsIgnoringCase("x-forwarded-proto: http\n")
        .endsWith("\n200");
  }

  @Test
  void host_doesNotRoute_butPathsDo() {
    int port = node.localForward("ann", "foo:80");
    for (String host : List.of("bar.localhost", "nobody.localhost", "203.0.113.1", "a_b")) {
      assertThat(get(port, "-H", "Host: " + host))
          .as(host)
          .startsWith("foo\n")
          .contains("\nHost: " + host + "\n");
    }
    assertThat(Command.run("curl", "-sS", "http://127.0.0.1:" + port + "/static/"))
        .contains("nginx");
    assertThat(get(port, "-H", "Host: ")).doesNotContain("foo\n");
  }

  @Test
  void forgedHeaders_areReplaced_alsoFromATrustedProxysAddress() {
    int port = node.localForward("ben", "foo:80");
    assertThat(
            get(
                port,
                "-H",
                "X-Forwarded-For: 6.6.6.6",
                "-H",
                "X-Forwarded-Host: evil.example",
                "-H",
                "X-Forwarded-Proto: https",
                "-H",
                "Forwarded: for=6.6.6.6"))
        .startsWith("foo\n")
        .doesNotContain("6.6.6.6", "evil.example", "https");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "PROXY TCP4 6.6.6.6 6.6.6.6 1 1\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
      })
  void framingGuard_standsHereToo(String request) throws IOException {
    Socket socket = node.visit(node.localForward("ben", "foo:80"));
    Wire.send(socket, request);
    assertThat(Wire.rest(socket.getInputStream()))
        .startsWith("HTTP/1.1 400")
        .contains("RELAY-400-BAD-REQUEST");
  }

  @Test
  void requests_oneAfterTheOther_onOneConnection() throws IOException {
    Socket socket = node.visit(node.localForward("ann", "foo:80"));
    for (int i = 0; i < 50; i++) {
      Wire.send(socket, "GET /" + i + " HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(Wire.answer(socket.getInputStream()).body()).startsWith("foo\nGET /" + i + " ");
    }
  }

  @Test
  void visitorEndsFirst_theAnswerComesWhole() throws Exception {
    Command ssh = node.start(node.ssh("ben").with("-W", "foo:80").to());
    ssh.stdin().write("GET /w HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    ssh.stdin().close();
    assertThat(ssh.exitStatus()).isZero();
    assertThat(ssh.out()).startsWith("HTTP/1.1 200").contains("foo\nGET /w ");
  }

  @Test
  void upgrade_carriesBytesBothWays() throws Exception {
    long length = 4 << 20;
    CompletableFuture<String> received = new CompletableFuture<>();
    LocalService service =
        node.service(socket -> {
          Wire.head(socket.getInputStream());
          Wire.send(
              socket,
              "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: raw\r\n\r\n");
          received.complete(Octets.exchange(socket, 1, length).join());
        });
    Command owner =
        node.start(node.ssh("ann").forward("raw:80:127.0.0.1:" + service.port()).console());
    owner.awaitOut("^HTTP: http://raw.localhost");
    Socket socket = node.visit(node.localForward("ben", "raw:80"));
    Wire.send(socket, "GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: raw\r\n\r\n");
    assertThat(Wire.head(socket.getInputStream())).startsWith("HTTP/1.1 101");

    assertThat(Octets.exchange(socket, 2, length).get(20, TimeUnit.SECONDS))
        .isEqualTo(Octets.digest(1, length));
    assertThat(received.get(20, TimeUnit.SECONDS)).isEqualTo(Octets.digest(2, length));
  }

  @Test
  void nameThatNobodyServes_orTls_isRefusedForTheChannelAlone() throws Exception {
    try (RawClient ben = new RawClient(node.sshPort(), node.keys().of("ben"))) {
      assertThat(ben.openDirect("nobody", 80).answer())
          .startsWith("refused 1 relay: RELAY-NO-SUCH-TUNNEL: there is no 'nobody:80'");
      assertThat(ben.openDirect("foo", 443).answer())
          .startsWith("refused 1 relay: RELAY-HTTPS-OFF: the server speaks no TLS");
      assertThat(ben.openDirect("foo", 81).answer())
          .startsWith("refused 1 relay: RELAY-NO-SUCH-TUNNEL");
      assertThat(ben.openDirect("foo", 80).answer()).isEqualTo("open");
    }
  }

  @Test
  void nameThatIsHeld_isRefusedAsOffline() throws Exception {
    Command owner = node.start(node.ssh("ann").forward("gone:80:127.0.0.1:1").console());
    owner.awaitOut("^HTTP: http://gone.localhost");
    owner.close();
    node.awaitTunnels(3);
    try (RawClient ben = new RawClient(node.sshPort(), node.keys().of("ben"))) {
      assertThat(ben.openDirect("gone", 80).answer())
          .startsWith("refused 2 relay: RELAY-503-OFFLINE: ");
    }
  }

  @Test
  void socks_findsNames_andTheUrlsThatAreShown() {
    int socks = node.socks("ben");
    for (String url :
        List.of(
            "http://foo/", "http://FOO.localhost/", "http://foo.localhost:" + node.httpPort())) {
      assertThat(Command.run("curl", "-sS", "--socks5-hostname", "127.0.0.1:" + socks, url))
          .as(url)
          .startsWith("foo\nGET / ");
    }
  }
}
