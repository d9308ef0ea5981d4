package relay.server.edge.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What can be read in two ways: 400, close, and not one octet reaches the service. */
@Timeout(60)
class SmugglingTest {

  private static final String NEXT = "GET /smuggled HTTP/1.1\r\nHost: foo.localhost\r\n\r\n";

  private EdgeFixture edge;
  private LocalService service;

  @BeforeEach
  void open() throws Exception {
    edge = EdgeFixture.patient();
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
  @MethodSource("relay.server.oracle.HostileRequests#headers")
  void header_ambiguous_refused(String header) throws Exception {
    for (String method : new String[] {"GET", "POST"}) {
      refused(method + " / HTTP/1.1\r\nHost: foo.localhost\r\n" + header + "\r\n", "400 ");
    }
  }

  @ParameterizedTest
  @MethodSource("relay.server.oracle.HostileRequests#hosts")
  void host_invalid_refused(String host) throws Exception {
    refused("GET / HTTP/1.1\r\n" + host + "\r\n\r\n", "400 ");
  }

  @ParameterizedTest
  @MethodSource("relay.server.oracle.HostileRequests#lines")
  void requestLine_ambiguous_refused(String line) throws Exception {
    refused(line + "\r\nHost: foo.localhost\r\n\r\n", "400 ");
  }

  @ParameterizedTest
  @MethodSource("relay.server.oracle.HostileRequests#chunks")
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
