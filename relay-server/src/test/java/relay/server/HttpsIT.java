package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Visitors who come by HTTPS. */
class HttpsIT {

  @RegisterExtension final RelayNode node = RelayNode.with("--https-listen=localhost:0");

  private Command forward(String name, int port) {
    Command ssh = node.start(node.ssh("ann").forward(name + ":80:127.0.0.1:" + port).console());
    ssh.awaitOut("HTTP: ");
    return ssh;
  }

  private LocalService heads() {
    return node.service(socket -> {
      while (true) {
        String head = Wire.head(socket.getInputStream());
        Wire.send(
            socket, "HTTP/1.1 200 OK\r\nContent-Length: " + head.length() + "\r\n\r\n" + head);
      }
    });
  }

  @Test
  void urls_areTold_httpsFirst() throws Exception {
    Command ssh = forward("foo", 9);
    String https = "foo.localhost:" + node.httpsPort();
    String http = "foo.localhost:" + node.httpPort();
    ssh.awaitOut("curl ");
    assertThat(ssh.out())
        .isEqualTo(
            "HTTPS: https://%s\nHTTP: http://%s\n      curl -H 'Host: %s' http://127.0.0.1:%d/"
                .formatted(https, http, http, node.httpPort()));
    assertThat(Files.readString(node.dataDir().resolve("run.json")))
        .contains("\"https\":[\"127.0.0.1:" + node.httpsPort() + "\"");
    ssh.awaitErr("relay: -R 80 is .*\\.localhost:" + node.httpsPort());
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.2", "1.3"})
  void request_isAnswered_andTheServiceToldOfHttps(String version) {
    forward("foo", heads().port());
    assertThat(
            node.curlHttps(
                "foo.localhost", "/a?b", "--tlsv" + version, "--tls-max", version, "--http1.1"))
        .startsWith("GET /a?b HTTP/1.1")
        .containsIgnoringCase("x-forwarded-proto: https")
        .containsIgnoringCase("x-forwarded-port: " + node.httpsPort())
        .endsWith("\n200");
  }

  @Test
  void forceHttps_redirectsPlainHttp_toTheSameTarget() {
    Command ssh =
        node.start(
            node.ssh("ann").forward("foo:80:127.0.0.1:" + heads().port()).to("force-https=true"));
    ssh.awaitOut("HTTP: ");
    assertThat(node.curl("foo.localhost", "/a//b?c=%2f", "-i", "--data", "x"))
        .startsWith("HTTP/1.1 307 ")
        .containsIgnoringCase(
            "\nLocation: https://foo.localhost:" + node.httpsPort() + "/a//b?c=%2f\n");
    assertThat(node.curlHttps("foo.localhost", "/a")).startsWith("GET /a HTTP/1.1");
  }

  @Test
  void olderTls_isRefused() {
    Command old = node.tls("foo.localhost", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0");
    assertThat(old.exitStatus()).isNotZero();
    assertThat(old.err() + old.out()).containsIgnoringCase("protocol version");
  }

  @Test
  void weakCipherSuites_areRefused() {
    Command weak = node.tls("foo.localhost", "-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA");
    assertThat(weak.exitStatus()).isNotZero();
    assertThat(weak.err() + weak.out()).contains("handshake failure");
  }

  @Test
  void http2Offered_http11Chosen_andAloneRefused() throws Exception {
    Command both = node.tls("foo.localhost", "-alpn", "h2,http/1.1");
    both.awaitOut("ALPN protocol: http/1.1");
    Command only = node.tls("foo.localhost", "-alpn", "h2");
    assertThat(only.exitStatus()).isNotZero();
    assertThat(only.err() + only.out()).contains("no application protocol");
  }

  @Test
  void renegotiation_isRefused() throws Exception {
    Command client = node.tls("foo.localhost", "-tls1_2");
    client.awaitOut("Verify return code");
    client.stdin().write("R\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    client.stdin().flush();
    assertThat(client.exitStatus()).isNotZero();
  }

  @Test
  void manyRequests_oneConnection() {
    forward("foo", heads().port());
    assertThat(
            node.curlHttps(
                "foo.localhost",
                "/[1-5]",
                "-w",
                " %{http_code} %{num_connects}\n",
                "-o",
                node.directory().resolve("body").toString()))
        .isEqualTo(" 200 1\n 200 0\n 200 0\n 200 0\n 200 0");
  }

  @Test
  void http10_withAndWithoutKeepAlive() throws Exception {
    forward("foo", heads().port());
    TlsVisitor visitor = visitor("foo.localhost");
    String get = "GET / HTTP/1.0\r\nHost: foo.localhost\r\n";
    visitor.say(get + "Connection: keep-alive\r\n\r\n");
    assertThat(Wire.answer(visitor.in()).status()).isEqualTo("200");
    visitor.say(get + "\r\n");
    assertThat(Wire.answer(visitor.in()).status()).isEqualTo("200");
    assertThat(visitor.in().read()).isEqualTo(-1);
  }

  @Test
  void hostOtherThanSni_isMisdirected_andTheConnectionGoesOn() throws Exception {
    int service = heads().port();
    forward("foo", service);
    forward("bar", service);
    TlsVisitor visitor = visitor("FOO.localhost");
    for (String host : new String[] {"bar.localhost", "none.localhost", "127.0.0.1", "localhost"}) {
      visitor.say("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
      Wire.Answer answer = Wire.answer(visitor.in());
      assertThat(answer.head())
          .startsWith("HTTP/1.1 421 ")
          .contains("Relay-Code: RELAY-421-WRONG-SERVER");
      assertThat(answer.body())
          .contains("this connection is for foo.localhost, the request for " + host);
    }
    visitor.say("GET / HTTP/1.1\r\nHost: Foo.LocalHost.:" + node.httpsPort() + "\r\n\r\n");
    assertThat(Wire.answer(visitor.in()).status()).isEqualTo("200");
    visitor.say("GET https://bar.localhost/ HTTP/1.1\r\nHost: bar.localhost\r\n\r\n");
    assertThat(Wire.answer(visitor.in()).status()).isEqualTo("421");
  }

  @Test
  void noSni_servesAnyHost() throws Exception {
    forward("foo", heads().port());
    TlsVisitor visitor = visitor("");
    visitor.say("GET / HTTP/1.1\r\nHost: foo.localhost\r\n\r\n");
    assertThat(Wire.answer(visitor.in()).status()).isEqualTo("200");
    visitor.say("GET / HTTP/1.1\r\nHost: bar.localhost\r\n\r\n");
    assertThat(Wire.answer(visitor.in()).status()).isEqualTo("404");
  }

  /** Behind a proxy that lets the hello pass, and the rest of the handshake with what follows. */
  @Test
  void requestInOnePacketWithTheEndOfTheHandshake_isAnswered() throws Exception {
    forward("foo", heads().port());
    LocalService proxy =
        node.service(socket -> {
          try (Socket relay = new Socket(InetAddress.getLoopbackAddress(), node.httpsPort())) {
            byte[] buffer = new byte[16 << 10];
            int hello = socket.getInputStream().read(buffer);
            relay.getOutputStream().write(buffer, 0, hello);
            CompletableFuture<Boolean> back =
                Octets.run(() -> relay.getInputStream().transferTo(socket.getOutputStream()));
            int rest = 0;
            while (encryptedRecords(buffer, rest) < 2) { // the handshake's last, and the request
              rest += socket.getInputStream().read(buffer, rest, buffer.length - rest);
            }
            relay.getOutputStream().write(buffer, 0, rest);
            back.join();
          }
        });
    TlsVisitor visitor = new TlsVisitor(node.visit(proxy.port()), "foo.localhost", "TLSv1.3");
    visitor.say("GET / HTTP/1.1\r\nHost: foo.localhost\r\nConnection: close\r\n\r\n");
    assertThat(Wire.answer(visitor.in()).status()).isEqualTo("200");
  }

  private static int encryptedRecords(byte[] records, int end) {
    int count = 0;
    for (int at = 0; at + 5 <= end; ) {
      int length = (records[at + 3] & 0xff) << 8 | (records[at + 4] & 0xff);
      count += records[at] == 23 && at + 5 + length <= end ? 1 : 0;
      at += 5 + length;
    }
    return count;
  }

  @Test
  void big_downAndUp() throws Exception {
    long length = 100 << 20;
    CompletableFuture<String> uploaded = new CompletableFuture<>();
    LocalService service =
        node.service(socket -> {
          String head = Wire.head(socket.getInputStream());
          if (head.startsWith("GET")) {
            Wire.send(socket, "HTTP/1.1 200 OK\r\nContent-Length: " + length + "\r\n\r\n");
            new Octets(5, length).transferTo(socket.getOutputStream());
          } else {
            uploaded.complete(Octets.digest(Wire.limited(socket.getInputStream(), length)));
            Wire.send(socket, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nstored");
          }
        });
    forward("foo", service.port());
    Path got = node.directory().resolve("got");

    assertThat(node.curlHttps("foo.localhost", "/", "-o", got.toString())).isEqualTo("\n200");
    try (var in = Files.newInputStream(got)) {
      assertThat(Octets.digest(in)).isEqualTo(Octets.digest(5, length));
    }
    assertThat(node.curlHttps("foo.localhost", "/", "-H", "Expect:", "-T", got.toString()))
        .isEqualTo("stored\n200");
    assertThat(uploaded.get(5, TimeUnit.SECONDS)).isEqualTo(Octets.digest(5, length));
  }

  @Test
  void stop_endsIdleAndHalfMadeConnections() throws Exception {
    TlsVisitor idle = visitor("foo.localhost");
    var silent = node.visit(node.httpsPort());
    Awaitility.await().until(() -> node.server().census().visitors() == 2);
    node.stopServer();
    assertThat(idle.in().read()).isEqualTo(-1);
    assertThat(silent.getInputStream().read()).isEqualTo(-1);
    node.startServer();
  }

  private TlsVisitor visitor(String serverName) throws IOException {
    return new TlsVisitor(node.visit(node.httpsPort()), serverName, "TLSv1.3");
  }
}
