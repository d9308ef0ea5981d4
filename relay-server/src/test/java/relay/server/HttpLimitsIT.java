package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.net.Socket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What an operator may limit, at values that no default has. */
class HttpLimitsIT {

  @RegisterExtension
  final RelayNode node =
      RelayNode.with(
          "limits.request-target=300B",
          "limits.header-lines=10",
          "limits.header-size=2KB",
          "limits.request-body=1000B",
          "limits.body-rate=100B",
          "limits.body-window=1s",
          "limits.header-timeout=1s");

  @BeforeEach
  void forward() {
    int port =
        node.service(
                socket -> {
                  InputStream in = socket.getInputStream();
                  String head = Wire.head(in);
                  if (head.startsWith("POST")) {
                    Wire.until(in, "\r\n0\r\n\r\n");
                  }
                  Wire.send(socket, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                })
            .port();
    node.start(node.ssh("ann").forward("foo:80:127.0.0.1:" + port).console()).awaitOut("HTTP: ");
  }

  private String status(String request) throws Exception {
    try (Socket visitor = node.visit(node.httpPort())) {
      Wire.send(visitor, request);
      return Wire.answer(visitor.getInputStream()).head();
    }
  }

  private static String get(String target, String fields) {
    return "GET " + target + " HTTP/1.1\r\nHost: foo.localhost\r\n" + fields + "\r\n";
  }

  @Test
  void target() throws Exception {
    assertThat(status(get("/hello?" + "x".repeat(293), ""))).startsWith("HTTP/1.1 200 ");
    assertThat(status(get("/hello?" + "x".repeat(294), "")))
        .startsWith("HTTP/1.1 414 ")
        .contains("RELAY-414-TARGET-TOO-LONG");
    assertThat(status(get("/hello?" + "x".repeat(3000), ""))).startsWith("HTTP/1.1 414 ");
  }

  @Test
  void headerLines() throws Exception {
    assertThat(status(get("/hello", "A: b\r\n".repeat(9)))).startsWith("HTTP/1.1 200 ");
    assertThat(status(get("/hello", "A: b\r\n".repeat(10))))
        .startsWith("HTTP/1.1 431 ")
        .contains("RELAY-431-HEADERS-TOO-LARGE");
  }

  @Test
  void headerSize() throws Exception {
    assertThat(status(get("/hello", "A: " + "b".repeat(1900) + "\r\n")))
        .startsWith("HTTP/1.1 200 ");
    assertThat(status(get("/hello", "A: " + "b".repeat(2100) + "\r\n")))
        .startsWith("HTTP/1.1 431 ");
  }

  @Test
  void body_saidOrCounted() throws Exception {
    String post = "POST /hello HTTP/1.1\r\nHost: foo.localhost\r\n";
    assertThat(status(post + "Content-Length: 1001\r\n\r\n"))
        .startsWith("HTTP/1.1 413 ")
        .contains("RELAY-413-BODY-TOO-LARGE");
    String chunk = "1f4\r\n" + "x".repeat(500) + "\r\n";
    assertThat(status(post + "Transfer-Encoding: chunked\r\n\r\n" + chunk.repeat(3)))
        .startsWith("HTTP/1.1 413 ");
    assertThat(status(post + "Transfer-Encoding: chunked\r\n\r\n" + chunk.repeat(2) + "0\r\n\r\n"))
        .startsWith("HTTP/1.1 200 ");
  }

  @Test
  void body_tooSlow() throws Exception {
    assertThat(
            status("POST /hello HTTP/1.1\r\nHost: foo.localhost\r\nContent-Length: 900\r\n\r\nabc"))
        .startsWith("HTTP/1.1 408 ")
        .contains("RELAY-408-BODY-SLOW");
  }

  @Test
  void head_tooSlow() throws Exception {
    assertThat(status("GET / HTTP/1.1\r\nHost: foo.loc"))
        .startsWith("HTTP/1.1 408 ")
        .contains("RELAY-408-HEADERS-LATE");
  }
}
