package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The flags of {@code relay} that shape a tunnel, each as the local service sees it. */
class RelayOptionsIT {

  @RegisterExtension final RelayNode node = RelayNode.with();

  /** Answers with the head of the request. */
  private LocalService mirror() {
    return node.service(socket -> {
      String head = Wire.head(socket.getInputStream());
      Wire.send(
          socket,
          "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
              .formatted(head.length(), head));
    });
  }

  private String get(String path) {
    return node.curl("foo.localhost", path);
  }

  @Test
  void pathAndItsStripping_withTheUrlInJson_surviveAReconnect() throws Exception {
    String port = Integer.toString(mirror().port());
    Command relay =
        node.relay("ann", "http", port, "--name=foo", "--path=/api", "--strip-path", "--json");
    String url = "http://foo.localhost:" + node.httpPort() + "/api";
    relay.awaitOut("\"event\":\"open\",\"url\":\"" + url + "\",\"host\":\"foo/api\"");

    assertThat(get("/api/users?a=b")).startsWith("GET /users?a=b HTTP/1.1").endsWith("\n200");
    assertThat(get("/apis")).contains("RELAY-404");

    node.stopServer();
    node.startServer();
    Awaitility.await().untilAsserted(() -> assertThat(get("/api/users")).endsWith("\n200"));
    assertThat(get("/api/users"))
        .startsWith("GET /users HTTP/1.1")
        .containsIgnoringCase("x-forwarded-prefix: /api");
  }

  @Test
  void pathOfTheIdentitysOwnName_isServed() {
    Command relay =
        node.relay("ann", "http", Integer.toString(mirror().port()), "--path", "/v2/hooks");
    String host = relay.awaitOut("http://([a-z0-9-]+\\.localhost):[0-9]+/v2/hooks -> ");

    assertThat(node.curl(host, "/v2/hooks/a")).startsWith("GET /v2/hooks/a HTTP/1.1");
    assertThat(node.curl(host, "/")).contains("RELAY-404");
  }

  @Test
  void twoPathsOfOneName_haveTheirOwnOptions() {
    node.relay("ann", "http", Integer.toString(mirror().port()), "--name", "foo")
        .awaitOut("http://foo");
    node.relay(
            "ann",
            "http",
            Integer.toString(mirror().port()),
            "--name=foo",
            "--path=/api",
            "--host-header=api.test:8080")
        .awaitOut("http://foo");

    assertThat(get("/")).containsIgnoringCase("host: foo.localhost");
    assertThat(get("/api")).containsIgnoringCase("\nhost: api.test:8080");
  }

  @Test
  void hostHeaderRewrite_isTheServicesOwnAddress_evenAfterAReconnect() throws Exception {
    LocalService service = mirror();
    node.relay(
            "ann",
            "http",
            Integer.toString(service.port()),
            "--name=foo",
            "--host-header",
            "rewrite")
        .awaitOut("http://foo");
    String line = "\nhost: localhost:" + service.port();
    assertThat(get("/")).containsIgnoringCase(line);

    node.stopServer();
    node.startServer();
    Awaitility.await().untilAsserted(() -> assertThat(get("/")).containsIgnoringCase(line));
  }

  @Test
  void upstreamTimeout_isTheTunnelsOwn() {
    LocalService silent =
        node.service(socket -> socket.getInputStream().transferTo(OutputStream.nullOutputStream()));
    node.relay(
            "ann",
            "http",
            Integer.toString(silent.port()),
            "--name=foo",
            "--upstream-timeout=200ms")
        .awaitOut("http://foo");
    assertThat(get("/")).contains("RELAY-504-NO-ANSWER").endsWith("\n504");
  }

  @Test
  void forceHttps_whereThereIsNone_endsWithItsCode() {
    Command relay = node.relay("ann", "http", "3000", "--force-https");
    assertThat(relay.exitStatus()).isEqualTo(4);
    assertThat(relay.err()).contains("RELAY-HTTPS-OFF", "force-https=true");
  }

  @Test
  void proxyProtocol_ofHttp_tellsTheVisitor() {
    LocalService service = node.service(RelayOptionsIT::afterAProxyLine);
    node.relay("ann", "http", Integer.toString(service.port()), "--name=foo", "--proxy-protocol=1")
        .awaitOut("http://foo");
    assertThat(get("/")).startsWith("PROXY TCP4 127.0.0.1 ").endsWith("\n200");
  }

  private static void afterAProxyLine(Socket socket) throws IOException {
    String line = Wire.until(socket.getInputStream(), "\r\n");
    Wire.head(socket.getInputStream());
    Wire.send(
        socket,
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
            .formatted(line.length(), line));
  }

  @Test
  void proxyProtocol_ofTcp_tellsTheVisitor() throws Exception {
    LocalService echo = node.closing(LocalService.echo());
    Command relay =
        node.relay("ann", "tcp", Integer.toString(echo.port()), "--proxy-protocol", "2");
    int port = Integer.parseInt(relay.awaitOut("localhost:(\\d+) -> "));

    try (Socket visitor = node.visit(port)) {
      visitor.getOutputStream().write("hello".getBytes(StandardCharsets.US_ASCII));
      visitor.shutdownOutput();
      byte[] got = visitor.getInputStream().readAllBytes();
      // the signature, version 2 PROXY, TCP over IPv4, 12 octets of addresses
      assertThat(HexFormat.of().formatHex(got, 0, 20))
          .isEqualTo("0d0a0d0a000d0a515549540a" + "2111" + "000c" + "7f000001");
      int from = ((got[24] & 0xff) << 8) | (got[25] & 0xff);
      assertThat(from).isEqualTo(visitor.getLocalPort());
      assertThat(new String(got, 28, got.length - 28, StandardCharsets.US_ASCII))
          .isEqualTo("hello");
    }
  }
}
