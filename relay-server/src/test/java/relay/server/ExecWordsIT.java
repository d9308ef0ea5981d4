package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The words of an exec command, through the real ssh to a real service. */
class ExecWordsIT {

  @RegisterExtension final RelayNode node = RelayNode.with();

  private Command forward(String forward, int port, String words) {
    Command ssh = node.start(node.ssh("ann").forward(forward + "127.0.0.1:" + port).to(words));
    ssh.awaitOut(forward.matches("[0-9].*") ? "TCP: " : "HTTP: ");
    return ssh;
  }

  /** Tells the head of each request as the body of its answer. */
  private int headTeller() {
    return node.service(
            socket -> {
              InputStream in = socket.getInputStream();
              for (String head = Wire.head(in); !head.isEmpty(); head = Wire.head(in)) {
                Wire.send(socket, ok(head));
              }
            })
        .port();
  }

  private static String ok(String body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
  }

  private String publicHost() {
    return "foo.localhost:" + node.httpPort();
  }

  @ParameterizedTest
  @CsvSource({"rewrite, localhost", "localhost:3000, localhost:3000", "app.test, app.test"})
  void hostHeader_bothWays(String word, String local) {
    int port =
        node.service(
                socket -> {
                  String head = Wire.head(socket.getInputStream());
                  Wire.send(
                      socket,
                      "HTTP/1.1 302 Found\r\nLocation: http://"
                          + Wire.field(head, "host")
                          + "/next\r\nSet-Cookie: a=1; Domain="
                          + local.replaceAll(":.*", "")
                          + "\r\nSet-Cookie: b=2\r\nContent-Length: "
                          + head.length()
                          + "\r\n\r\n"
                          + head);
                })
            .port();
    forward("foo:80:", port, "host-header=" + word);
    String origin = "http://" + publicHost();

    assertThat(
            node.curl(
                publicHost(), "/", "-i", "-H", "Origin: " + origin, "-e", origin + "/before?x"))
        .containsIgnoringCase("Location: " + origin + "/next\n")
        .containsIgnoringCase("Set-Cookie: a=1\nSet-Cookie: b=2\n")
        .containsIgnoringCase("\nHost: " + local + "\n")
        .containsIgnoringCase("\nOrigin: http://" + local + "\n")
        .containsIgnoringCase("\nReferer: http://" + local + "/before?x\n")
        .contains(
            "\nX-Forwarded-Host: " + (local.startsWith("localhost") ? local : publicHost()) + "\n");
  }

  @Test
  void cookie_forTheBaseDomain_becomesHostOnly() {
    int port =
        node.service(
                socket -> {
                  Wire.head(socket.getInputStream());
                  Wire.send(
                      socket,
                      "HTTP/1.1 200 OK\r\nSet-Cookie: s=1; Domain=.LOCALHOST; Path=/; HttpOnly\r\n"
                          + "Set-Cookie: s=1; Domain=foo.localhost\r\nContent-Length: 0\r\n\r\n");
                })
            .port();
    forward("foo:80:", port, "");

    assertThat(node.curl("foo.localhost", "/", "-i"))
        .containsIgnoringCase(
            "Set-Cookie: s=1; Path=/; HttpOnly\nSet-Cookie: s=1; Domain=foo.localhost\n");
  }

  @Test
  void proxyProtocol1_beginsEachConnection_andNoneIsUsedTwice() throws Exception {
    int port = node.service(ExecWordsIT::lineAndHead).port();
    forward("foo:80:", port, "proxy-protocol=1");

    for (int i = 0; i < 2; i++) {
      Socket visitor = node.visit(node.httpPort());
      Wire.send(visitor, "GET / HTTP/1.1\r\nHost: foo.localhost\r\n\r\n");
      assertThat(Wire.answer(visitor.getInputStream()).body())
          .startsWith(
              "PROXY TCP4 127.0.0.1 127.0.0.1 "
                  + visitor.getLocalPort()
                  + " "
                  + node.httpPort()
                  + "\r\nGET / HTTP/1.1\r\n");
    }
  }

  private static void lineAndHead(Socket socket) throws IOException {
    InputStream in = socket.getInputStream();
    String line = Wire.until(in, "\r\n");
    Wire.send(socket, ok(line + Wire.head(in)));
    Wire.rest(in);
  }

  @Test
  void proxyProtocol_ofATcpTunnel_isSentBeforeTheVisitorSaysAnything() throws Exception {
    int port =
        node.service(socket -> Wire.send(socket, Wire.until(socket.getInputStream(), "\r\n")))
            .port();
    Command ssh = forward("0:", port, "proxyproto=1");
    int tcp = Integer.parseInt(ssh.awaitErr("Allocated port (\\d+) for remote forward"));
    Socket visitor = node.visit(tcp);

    assertThat(Wire.rest(visitor.getInputStream()))
        .isEqualTo("PROXY TCP4 127.0.0.1 127.0.0.1 " + visitor.getLocalPort() + " " + tcp + "\r\n");
  }

  @Test
  void proxyProtocol2_isBinary() throws Exception {
    int port =
        node.service(
                socket -> {
                  byte[] header = socket.getInputStream().readNBytes(28);
                  StringBuilder hex = new StringBuilder();
                  for (byte b : header) {
                    hex.append(String.format("%02x", b));
                  }
                  Wire.send(socket, hex.toString());
                })
            .port();
    Command ssh = forward("0:", port, "proxy-protocol=2");
    int tcp = Integer.parseInt(ssh.awaitErr("Allocated port (\\d+) for remote forward"));
    Socket visitor = node.visit(tcp);

    assertThat(Wire.rest(visitor.getInputStream()))
        .isEqualTo(
            "0d0a0d0a000d0a515549540a" // the signature
                + "2111"
                + "000c7f0000017f000001"
                + String.format("%04x%04x", visitor.getLocalPort(), tcp));
  }

  @Test
  void path_longestWins_wholeSegmentsOnly_andTheTargetStaysAsItIs() {
    forward("foo:80:", headTeller(), "");
    forward("foo/api:80:", headTeller(), "");
    Command v2 = forward("foo/api/v2:80:", headTeller(), "strip-path=true");
    v2.awaitOut("^HTTP: http://foo.localhost:" + node.httpPort() + "/api/v2$");

    assertThat(node.curl("foo.localhost", "/apix?y")).startsWith("GET /apix?y HTTP/1.1\n");
    assertThat(node.curl("foo.localhost", "/api")).startsWith("GET /api HTTP/1.1\n");
    assertThat(node.curl("foo.localhost", "/api/v20")).startsWith("GET /api/v20 HTTP/1.1\n");
    assertThat(node.curl("foo.localhost", "/api/v2?a=1;b=%zz"))
        .startsWith("GET /?a=1;b=%zz HTTP/1.1\n")
        .contains("\nX-Forwarded-Prefix: /api/v2\n");
    assertThat(node.curl("foo.localhost", "/api/v2/x//y/../z", "--path-as-is"))
        .startsWith("GET /x//y/../z HTTP/1.1\n");
    v2.awaitOut("foo.localhost/api/v2  GET /api/v2/x//y/../z  200");
    v2.close();
    node.awaitTunnels(2);
    assertThat(node.curl("foo.localhost", "/api/v2")).startsWith("GET /api/v2 HTTP/1.1\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost/api", "/api"})
  void path_ofTheIdentitysOwnName(String host) {
    Command ssh = forward(host + ":80:", headTeller(), "");
    String name =
        ssh.awaitOut("^HTTP: http://([a-z0-9-]+\\.localhost):" + node.httpPort() + "/api$");
    assertThat(node.curl(name, "/api/x")).startsWith("GET /api/x HTTP/1.1\n");
    assertThat(node.curl(name, "/")).contains("RELAY-404");
  }

  @Test
  void path_ofAnothersName_isRefused() {
    forward("foo:80:", headTeller(), "");
    Command ben = node.start(node.ssh("ben").forward("foo/api:80:127.0.0.1:1").console());
    ben.awaitOut("RELAY-NAME-TAKEN: foo.localhost/api belongs to another key");
  }

  @Test
  void upstreamTimeout_504InTime() {
    int port = node.service(socket -> Wire.rest(socket.getInputStream())).port();
    forward("foo:80:", port, "upstream-timeout=500ms");
    assertThat(node.curl("foo.localhost", "/"))
        .contains("RELAY-504-NO-ANSWER: the local service has not answered in time")
        .endsWith("\n504");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "host-header=a@b",
        "host-header=",
        "proxy-protocol=3",
        "strip-path=yes",
        "force-https=1",
        "upstream-timeout=2h",
        "upstream-timeout=0s",
        "upstream-timeout=60",
      })
  void value_thatIsNone_isNamedWithWhatWasExpected(String word) {
    Command ssh = node.start(node.ssh("ann").forward("foo:80:127.0.0.1:1").to(word));
    assertThat(ssh.exitStatus()).isEqualTo(1);
    assertThat(ssh.err()).contains("relay: RELAY-OPTION-INVALID: '" + word + "': expected ");
  }

  @Test
  void forceHttps_whereThereIsNoHttps_isRefused() {
    Command ssh = node.start(node.ssh("ann").forward("foo:80:127.0.0.1:1").to("force-https=true"));
    assertThat(ssh.exitStatus()).isEqualTo(1);
    assertThat(ssh.err()).contains("relay: RELAY-HTTPS-OFF: 'force-https=true': ");
  }
}
