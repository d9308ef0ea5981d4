package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.Socket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a proxy in front says of its visitors, and what the relay believes. */
class BehindAProxyIT {

  @RegisterExtension
  final RelayNode node =
      RelayNode.with("--trusted-proxies=127.0.0.1", "--public-url=https://localhost");

  @BeforeEach
  void forward() {
    int port =
        node.service(
                socket -> {
                  String head = Wire.head(socket.getInputStream());
                  Wire.send(
                      socket,
                      "HTTP/1.1 200 OK\r\nContent-Length: " + head.length() + "\r\n\r\n" + head);
                })
            .port();
    node.start(node.ssh("ann").forward("foo:80:127.0.0.1:" + port).to("force-https=true"))
        .awaitOut("^HTTPS: https://foo.localhost$");
  }

  @Test
  void trusted_isBelieved() {
    assertThat(
            node.curl(
                "foo.localhost",
                "/",
                "-H",
                "X-Forwarded-For: 203.0.113.9, 198.51.100.7",
                "-H",
                "X-Forwarded-Proto: https"))
        .contains("X-Forwarded-For: 198.51.100.7\n")
        .contains("X-Forwarded-Proto: https\n")
        .contains("X-Forwarded-Port: 443\n")
        .contains("X-Real-IP: 198.51.100.7\n");
  }

  @Test
  void another_isNot() {
    assertThat(
            node.curl(
                "foo.localhost",
                "/a?b",
                "-i",
                "--interface",
                "127.0.0.2",
                "-H",
                "X-Forwarded-Proto: https"))
        .contains("307 Temporary Redirect")
        .containsIgnoringCase("Location: https://foo.localhost/a?b\n");
  }

  @Test
  void proxyProtocol_tellsTheVisitor_andThenTheRequestIsAsAnyOther() throws Exception {
    try (Socket proxy = node.visit(node.httpPort())) {
      Wire.send(proxy, "PROXY TCP4 198.51.100.7 192.0.2.1 4711 80\r\nGET / HTTP/1.1\r\nHost: ");
      Wire.send(proxy, "foo.localhost\r\nX-Forwarded-Proto: https\r\n\r\n");
      // What the visitor wrote is not the proxy's word.
      assertThat(Wire.answer(proxy.getInputStream()).head()).startsWith("HTTP/1.1 307 ");
    }
    try (Socket proxy = node.visit(node.httpPort())) {
      Wire.send(proxy, "PROXY TCP4 127.0.0.1 192.0.2.1 4711 80\r\nGET / HTTP/1.1\r\n");
      Wire.send(proxy, "Host: foo.localhost\r\nX-Forwarded-Proto: https\r\n\r\n");
      assertThat(Wire.answer(proxy.getInputStream()).body())
          .contains("X-Forwarded-For: 127.0.0.1\r\n");
    }
  }

  @Test
  void proxyProtocol_brokenOrFromAnother_isNoRequest() throws Exception {
    try (Socket proxy = node.visit(node.httpPort())) {
      Wire.send(proxy, "PROXY TCP4 here there 1 2\r\nGET / HTTP/1.1\r\n");
      assertThat(Wire.rest(proxy.getInputStream())).isEmpty();
    }
    try (Socket stranger = new Socket("127.0.0.1", node.httpPort(), address("127.0.0.2"), 0)) {
      stranger.setSoTimeout(10_000);
      Wire.send(stranger, "PROXY TCP4 198.51.100.7 192.0.2.1 4711 80\r\nGET / HTTP/1.1\r\n");
      assertThat(Wire.answer(stranger.getInputStream()).head()).startsWith("HTTP/1.1 400 ");
    }
  }

  private static InetAddress address(String literal) throws Exception {
    return InetAddress.getByName(literal);
  }
}
