package relay.server.edge.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What can be read in two ways: 400, close, and not one octet reaches the service. */
@Timeout(60)
class SmugglingTest {

  private static final String NEXT = "GET /smuggled HTTP/1.1\r\nHost: foo.localhost\r\n\r\n";

  private EdgeFixture edge;
  private LocalService service;

  @BeforeEach
  void open() throws Exception {
    edge = new EdgeFixture();
    service = LocalService.answering(head -> "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    edge.serve("foo.localhost", service.port());
  }

  @AfterEach
  void close() throws Exception {
    edge.close();
    service.close();
  }

  private void refused(String request, String status) throws Exception {
    int before = service.seen().length();
    for (int piece : new int[] {request.length(), 1}) {
      try (Visitor visitor = edge.visitor()) {
        visitor.socket.setTcpNoDelay(true);
        for (int at = 0; at < request.length(); at += piece) {
          visitor.say(request.substring(at, Math.min(request.length(), at + piece)));
        }
        visitor.say(NEXT);
        String page = visitor.rest();
        assertThat(page).startsWith("HTTP/1.1 " + status).containsIgnoringCase("connection: close");
        assertThat(page.split("HTTP/1.1 ", -1)).as("one answer").hasSizeLessThanOrEqualTo(4);
        assertThat(page.indexOf("HTTP/1.1 4", 5)).isEqualTo(-1);
      }
    }
    assertThat(service.seen()).hasSize(before);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: x, chunked\r\n",
        "Transfer-Encoding: chunked, x\r\n",
        "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: identity\r\nContent-Length: 0\r\n",
        "Transfer-Encoding: \"chunked\"\r\n",
        "Transfer-Encoding: chunked;q=1\r\n",
        "Transfer-Encoding:\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding\t: chunked\r\n",
        " Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding:\r\n chunked\r\n",
        "X: a\r\n b\r\n",
        "X: a\r\n\tTransfer-Encoding: chunked\r\n",
        "X: a\nTransfer-Encoding: chunked\r\n",
        "X: a\rTransfer-Encoding: chunked\r\n",
        "X: a\0b\r\n",
        "X: a\u000bb\r\n",
        "X: a\u007fb\r\n",
        "X\0: a\r\n",
        ": a\r\n",
        "X\r\n",
        "X(y): a\r\n",
        "\u00e9: a\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: -5\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length: 5 5\r\n",
        "Content-Length:\r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Content-Length: 9223372036854775807\r\n",
        "Content-Length: \u00b2\r\n",
        "Sec-WebSocket-Key1: 1\r\nSec-WebSocket-Key2: 2\r\n",
        "Host: foo.localhost\r\n",
        "Host: bar.localhost\r\n",
        "hOST: bar.localhost\r\n",
      })
  void header_ambiguous_refused(String header) throws Exception {
    for (String method : new String[] {"GET", "POST"}) {
      refused(method + " / HTTP/1.1\r\nHost: foo.localhost\r\n" + header + "\r\n", "400 ");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Host: foo.localhost, bar.localhost",
        "Host: user@foo.localhost",
        "Host: user:pw@foo.localhost",
        "Host: foo.localhost:abc",
        "Host: foo.localhost:-1",
        "Host: foo.localhost:99999",
        "Host: foo.localhost:80:80",
        "Host: foo.localhost/x",
        "Host: foo localhost",
        "Host: foo.local%68ost",
        "Host: foo.localhost\0",
        "Host: http://foo.localhost",
        "Host:",
        "X: no Host at all",
      })
  void host_invalid_refused(String host) throws Exception {
    refused("GET / HTTP/1.1\r\n" + host + "\r\n\r\n", "400 ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET  / HTTP/1.1",
        "GET /  HTTP/1.1",
        "GET / HTTP/1.1 ",
        " GET / HTTP/1.1",
        "GET\t/ HTTP/1.1",
        "GET /\u000b HTTP/1.1",
        "GET /a\rb HTTP/1.1",
        "GET /a\0b HTTP/1.1",
        "GET /a b HTTP/1.1",
        "GET / HTTP/1.1\n",
        "GET / HTTP/1.2",
        "GET / HTTP/2.0",
        "GET / HTTP/0.9",
        "GET / http/1.1",
        "GET / HTTP/1.1x",
        "GET /",
        "GET",
        "G\u00c9T / HTTP/1.1",
        "GET foo HTTP/1.1",
        "GET * HTTP/1.1",
        "GET foo.localhost:80 HTTP/1.1",
        "GET http://bar.localhost/ HTTP/1.1",
        "GET http://foo.localhost:81/ HTTP/1.1",
        "GET http://user@foo.localhost/ HTTP/1.1",
        "GET http:///x HTTP/1.1",
        "GET ftp://foo.localhost/ HTTP/1.1",
        "GET http://foo.localhost\\@bar.localhost/ HTTP/1.1",
        "GET /#x HTTP/1.1",
        "PRI * HTTP/2.0",
      })
  void requestLine_ambiguous_refused(String line) throws Exception {
    refused(line + "\r\nHost: foo.localhost\r\n\r\n", "400 ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\r\n",
        "5\nhello\r\n0\r\n\r\n",
        "+5\r\nhello\r\n0\r\n\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        "5 \r\nhello\r\n0\r\n\r\n",
        " 5\r\nhello\r\n0\r\n\r\n",
        "-1\r\nhello\r\n0\r\n\r\n",
        "5;a\nb\r\nhello\r\n0\r\n\r\n",
        "5;\0\r\nhello\r\n0\r\n\r\n",
        "100000005\r\nhello\r\n0\r\n\r\n",
        "fffffffffffffffff\r\nhello\r\n0\r\n\r\n",
        ";a\r\nhello\r\n0\r\n\r\n",
      })
  void chunk_bad_400(String body) throws Exception {
    String head = "POST / HTTP/1.1\r\nHost: foo.localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
    try (Visitor visitor = edge.visitor()) {
      assertThat(visitor.say(head + body + NEXT).rest()).startsWith("HTTP/1.1 400 ");
    }
    assertThat(service.seen()).doesNotContain("smuggled");
  }

  @Test
  void transferEncoding_onHttp10_refused() throws Exception {
    refused(
        "POST / HTTP/1.0\r\nHost: foo.localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "400 ");
  }

  @Test
  void connect_anyTarget_405() throws Exception {
    refused("CONNECT foo.localhost:80 HTTP/1.1\r\nHost: foo.localhost:80\r\n\r\n", "405 ");
    refused("CONNECT / HTTP/1.1\r\nHost: foo.localhost\r\n\r\n", "405 ");
  }

  @Test
  void sizes_tooLarge_refused() throws Exception {
    refused("GET /" + "a".repeat(9000) + " HTTP/1.1\r\nHost: foo.localhost\r\n\r\n", "414 ");
    refused(
        "GET / HTTP/1.1\r\nHost: foo.localhost\r\nX: " + "a".repeat(70_000) + "\r\n\r\n", "431 ");
    refused("GET / HTTP/1.1\r\nHost: foo.localhost\r\n" + "a: b\r\n".repeat(300) + "\r\n", "431 ");
  }

  @Test
  void headers_hopByHopAndForwarded_rebuilt() throws Exception {
    int before = service.seen().length();
    try (Visitor visitor = edge.visitor()) {
      visitor
          .say(
              "GET / HTTP/1.1\r\nHost: foo.localhost:8080\r\n"
                  + "Connection: close, X-Forwarded-For, X-Real-IP, X-Private, Host\r\n"
                  + "X-Private: evil\r\nKeep-Alive: evil\r\nTE: evil\r\n"
                  + "Proxy-Authorization: evil\r\nproxy-connection: evil\r\nProxy: evil2\r\n"
                  + "Upgrade: h2c\r\nHTTP2-Settings: evil\r\n"
                  + "X-Forwarded-For: evil\r\nx_forwarded_for: evil\r\nX-Forwarded_Proto: evil\r\n"
                  + "X-Forwarded-Anything: evil\r\nForwarded: for=evil\r\nX_REAL_IP: evil\r\n"
                  + "X-Real-Ip: evil\r\nContent_Length: 666\r\nTransfer_Encoding: evil\r\n"
                  + "X_Custom: kept\r\nCookie: a=b\r\n\r\n")
          .rest();
    }
    String seen = service.seen().substring(before);
    assertThat(seen)
        .doesNotContain("evil\r\n")
        .doesNotContain("=evil")
        .doesNotContain("666")
        .doesNotContainIgnoringCase("upgrade")
        .doesNotContainIgnoringCase("connection:")
        .contains("Host: foo.localhost:8080\r\n")
        .contains("X_Custom: kept\r\n")
        .contains("Cookie: a=b\r\n")
        .contains("X-Forwarded-For: 127.0.0.1\r\n")
        .contains("X-Real-IP: 127.0.0.1\r\n")
        .contains("X-Forwarded-Proto: http\r\n")
        .contains("X-Forwarded-Host: foo.localhost:8080\r\n")
        .contains("X-Forwarded-Port: 8080\r\n");
  }
}
