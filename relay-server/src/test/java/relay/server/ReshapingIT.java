package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Words behind an ssh command that make another thing of a forward that there is already. */
class ReshapingIT {

  @RegisterExtension final RelayNode node = RelayNode.with("--https-listen=localhost:0");

  private Command forward(String spec, int port, String... words) {
    return node.start(node.ssh("ann").forward(spec + "127.0.0.1:" + port).to(words));
  }

  private String through(String person, String to) {
    int port = node.localForward(person, to);
    Command curl = node.start(List.of("curl", "-sS", "http://127.0.0.1:" + port + "/hello"));
    return curl.exitStatus() == 0 ? curl.out() : "status " + curl.exitStatus();
  }

  @Test
  void tcpAlias_makesANamePrivate_andClosesWhatTheKeyMayNotHave() throws Exception {
    int service = node.nginx("").port();
    Command ann = forward("foo:80:", service, "tcp-alias=true");
    ann.awaitOut("^TCP Alias: foo:80$");
    assertThat(node.curl("foo.localhost", "/hello")).doesNotContain("nginx");
    assertThat(through("ann", "foo:80")).isEqualTo("hello from nginx");
    assertThat(through("ben", "foo:80")).startsWith("status ");
    Command own = forward("80:", service, "tcp-alias=true");
    String name = own.awaitOut("^TCP Alias: ([a-z0-9-]+):80$");
    assertThat(through("ann", name + ":80")).isEqualTo("hello from nginx");
    Command path = forward("foo/api:80:", service, "tcp-alias=true");
    path.awaitOut("RELAY-OPTION-INVALID: 'tcp-alias=true' is for whole names");
    Command twice =
        node.start(
            node.ssh("ann")
                .forward("bar:80:127.0.0.1:" + service)
                .forward("bar:443:127.0.0.1:" + service)
                .to("tcp-alias=true"));
    twice.awaitOut("RELAY-NAME-TWICE: bar.localhost is forwarded in this session already");
    twice.awaitOut("^TCP Alias: bar:80$");
    node.awaitTunnels(3);

    node.authorize("permitlisten=\"foo:443\" " + node.keys().publicKey("ann"));
    Command listed = forward("foo:80:", service, "tcp-alias=true");
    listed.awaitOut("^relay: RELAY-NOT-PERMITTED: foo.localhost:80 is not permitted by your key");
    node.awaitTunnels(0);
    assertThat(listed.isAlive()).isTrue();
  }

  @Test
  void tcpAlias_isForLaterForwardsFromTheStart() {
    String local = "127.0.0.1:" + node.nginx("").port();
    String control = node.directory().resolve("control").toString();
    Command master =
        node.start(
            node.ssh("ann")
                .with("-M", "-S", control)
                .forward("first:22:" + local)
                .to("tcp-alias=true", "allow=any"));
    master.awaitOut("^TCP Alias: first:22$"); // the words have been read
    Awaitility.await().until(() -> control(control, "check").exitStatus() == 0);
    Awaitility.await()
        .untilAsserted(() -> {
          control(control, "forward", "-R", "foo:80:" + local).exitStatus();
          master.awaitOut("^TCP Alias: foo:80$");
        });
    assertThat(master.out()).doesNotContain("http");
    assertThat(through("ben", "foo:80")).isEqualTo("hello from nginx");
    control(control, "cancel", "-R", "foo:80:" + local).exitStatus();
    node.awaitTunnels(1);
  }

  private Command control(String control, String what, String... more) {
    List<String> words =
        new java.util.ArrayList<>(List.of("ssh", "-F", "none", "-S", control, "-O", what));
    words.addAll(List.of(more));
    words.add("any");
    return node.start(words);
  }

  @Test
  void wordsThatComeBeforeTheForward_countFromTheStart() throws Exception {
    try (RawClient ann = new RawClient(node.sshPort(), node.keys().of("ann"))) {
      RawClient.Answer words =
          ann.request("options@relay", packet -> packet.putString("tcp-alias=true"));
      RawClient.Answer returning = ann.request("returning@relay", packet -> {});
      RawClient.Answer forward = ann.forward("foo", 80);
      assertThat(words.text()).isEqualTo("granted");
      assertThat(returning.text()).isEqualTo("granted");
      assertThat(forward.text()).isEqualTo("granted");
      assertThat(node.curl("foo.localhost", "/")).contains("RELAY-404-UNKNOWN-NAME");
      assertThat(ann.openDirect("foo", 80).answer())
          .as("it leads to the owner, who takes no channel")
          .startsWith("refused 2 relay: RELAY-502-NOTHING-LISTENING: ");
      RawClient.Answer odd =
          ann.request("options@relay", packet -> packet.putString("tcp-alias=perhaps colour=red"));
      assertThat(odd.text()).isEqualTo("granted");
      assertThat(ann.forward("bar", 80).text()).isEqualTo("refused");
      assertThat(ann.cancel("foo", 80).text()).isEqualTo("granted");
      node.awaitTunnels(0);
    }
  }

  /** An nginx that ends TLS for foo.localhost with a certificate of its own, and where. */
  private int tlsService() {
    Certs.Pair own = node.certs().make("services-own", "foo.localhost");
    int port = LocalService.freePort();
    node.nginx(
        "listen 127.0.0.1:%d ssl; ssl_certificate %s; ssl_certificate_key %s;"
            .formatted(port, own.certificate(), own.key()));
    return port;
  }

  @Test
  void sniProxy_passesTlsOn_andOthersAreStillDecrypted() throws Exception {
    int service = tlsService();
    Command ann = forward("foo:443:", service, "sni-proxy=true");
    ann.awaitOut("^TLS: foo.localhost:" + node.httpsPort() + "$");
    Command bar = forward("bar:80:", node.nginx("").port());
    bar.awaitOut("HTTPS: ");

    assertThat(node.curlHttps("foo.localhost", "/hello")).isEqualTo("hello from nginx\n\n200");
    ann.awaitOut("^tls://foo.localhost  TLS  127.0.0.1:\\d+$");
    Command shown = node.tls("foo.localhost");
    shown.awaitOut("CN ?= ?services-own");
    assertThat(node.curlHttps("bar.localhost", "/hello")).isEqualTo("hello from nginx\n\n200");
    Command other = node.tls("bar.localhost");
    other.awaitOut("CN ?= ?first");

    assertThat(node.curl("foo.localhost", "/hello"))
        .contains("RELAY-421-WRONG-SERVER")
        .endsWith("421");
    TlsVisitor nameless = new TlsVisitor(node.visit(node.httpsPort()), "", "TLSv1.3");
    nameless.say("GET /hello HTTP/1.1\r\nHost: foo.localhost\r\n\r\n");
    assertThat(Wire.answer(nameless.in()).status()).isEqualTo("421");
    Command path = forward("foo/api:443:", service, "sni-proxy=true");
    path.awaitOut("RELAY-OPTION-INVALID: 'sni-proxy=true' is for whole names");
  }

  @Test
  void sniProxy_carriesWhatTheHelloComesIn_pieceByPiece() throws Exception {
    int service = tlsService();
    forward("foo:443:", service, "sni-proxy=true").awaitOut("^TLS: ");
    LocalService slow =
        node.service(socket -> {
          try (Socket relay = node.visit(node.httpsPort())) {
            Octets.run(() -> relay.getInputStream().transferTo(socket.getOutputStream()));
            byte[] hello = new byte[100];
            int length = socket.getInputStream().read(hello);
            for (int i = 0; i < length; i++) {
              relay.getOutputStream().write(hello[i]);
              relay.getOutputStream().flush();
            }
            socket.getInputStream().transferTo(relay.getOutputStream());
          }
        });
    TlsVisitor visitor = new TlsVisitor(node.visit(slow.port()), "foo.localhost", "TLSv1.2");
    visitor.say("GET /hello HTTP/1.1\r\nHost: foo.localhost\r\n\r\n");
    assertThat(Wire.answer(visitor.in()).body()).isEqualTo("hello from nginx\n");
    assertThat(visitor.shownName()).isEqualTo("foo.localhost");
  }

  @Test
  void sniProxy_ofWhomNobodyServes_isAnAlert() throws Exception {
    Command ann = forward("foo:443:", LocalService.freePort(), "sni-proxy=true");
    ann.awaitOut("^TLS: ");
    try (LogLines log = new LogLines()) {
      assertAlert("internal error");
      log.await(".*TLS for foo.localhost is refused: relay: RELAY-502-NOTHING.*");
      ann.close();
      node.awaitTunnels(0);
      assertAlert("unrecognized name");
      log.await(".*TLS for foo.localhost is refused: relay: RELAY-503-OFFLINE.*");
    }
    node.restartWith("--https-listen=localhost:0");
    assertAlert("unrecognized name");
    forward("foo:80:", node.nginx("").port()).awaitOut("HTTPS: ");
    assertThat(node.curlHttps("foo.localhost", "/hello")).endsWith("200");
  }

  private void assertAlert(String alert) {
    Command client = node.tls("foo.localhost");
    assertThat(client.exitStatus()).isNotZero();
    assertThat(client.err() + client.out()).containsIgnoringCase(alert);
  }

  @Test
  void words_thatExcludeEachOther_areRefused() {
    Command ssh = forward("foo:443:", 1, "tcp-alias=true", "sni-proxy=true");
    assertThat(ssh.exitStatus()).isEqualTo(1);
    assertThat(ssh.err()).contains("RELAY-OPTION-INVALID: 'sni-proxy=true': a private name");
    Command address = forward("0:", 1, "tcp-address=localhost");
    assertThat(address.exitStatus()).isEqualTo(1);
    assertThat(address.err()).contains("RELAY-OPTION-INVALID: 'tcp-address=localhost': expected");
    Command here = forward("0:", 1, "tcp-address=127.0.0.1");
    here.awaitOut("RELAY-ADDRESS-NOT-ALLOWED: 'tcp-address=127.0.0.1': the server's gateway-ports");
    node.awaitTunnels(0);
  }

  @Nested
  class ClientSpecified {
    @RegisterExtension
    final RelayNode node =
        RelayNode.with("--tcp-listen=127.0.0.1,127.0.0.2", "--gateway-ports=clientspecified");

    @Test
    void tcpAddress_movesThePort_orClosesIt() throws Exception {
      int echo = node.closing(LocalService.echo()).port();
      int port = LocalService.freePort();
      int second = LocalService.freePort();
      Command ann = start("ann", port, echo, "tcp-address=127.0.0.2");
      Awaitility.await()
          .untilAsserted(() -> assertThat(Listening.on(port)).hasToString("[127.0.0.2]"));
      assertThat(ann.isAlive()).isTrue();
      try (Socket visitor = new Socket("127.0.0.2", port)) {
        visitor.getOutputStream().write("echo".getBytes(StandardCharsets.US_ASCII));
        assertThat(visitor.getInputStream().readNBytes(4)).asString().isEqualTo("echo");
      }
      Command outside = start("ann", second, echo, "tcp-address=127.0.0.3");
      outside.awaitOut("RELAY-ADDRESS-NOT-ALLOWED: 127.0.0.3 is not an address");
      Awaitility.await().until(() -> Listening.on(second).isEmpty());
      ann.close();
      Awaitility.await().until(() -> Listening.on(port).isEmpty());

      node.authorize(
          "permitlisten=\"127.0.0.1:%d\" %s".formatted(port, node.keys().publicKey("ann")));
      Command listed = start("ann", port, echo, "tcp-address=127.0.0.2");
      listed.awaitOut("RELAY-NOT-PERMITTED: 127.0.0.2:" + port + " is not permitted by your key");
      node.awaitTunnels(0);
      Awaitility.await().until(() -> Listening.on(port).isEmpty());
    }

    private Command start(String person, int port, int service, String word) {
      return node.start(
          node.ssh(person).forward("127.0.0.1:" + port + ":127.0.0.1:" + service).to(word));
    }
  }
}
