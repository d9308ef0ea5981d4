package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import relay.server.oracle.RawVisitor;

/** A request's octets arrive as the visitor sent them, through the real ssh. */
class RequestBytesIT {

  private static final int TARGET_LIMIT = 8 << 10;
  private static final int HEADERS_LIMIT = 64 << 10;

  @RegisterExtension final RelayNode node = RelayNode.with();

  @BeforeEach
  void open() {
    LocalService mirror = node.service(RequestBytesIT::mirror);
    node.start(node.ssh("ann").forward("foo:80:127.0.0.1:" + mirror.port()).console())
        .awaitOut("HTTP: ");
  }

  /** Answers every request with its head. */
  private static void mirror(Socket socket) throws IOException {
    while (true) {
      String head = Wire.head(socket.getInputStream());
      Wire.send(socket, "HTTP/1.1 200 OK\r\nContent-Length: " + head.length() + "\r\n\r\n" + head);
    }
  }

  private RawVisitor visitor() throws IOException {
    return node.closing(new RawVisitor(node.httpAddress()));
  }

  private static String request(String line, String... fields) {
    return line + "\r\nHost: foo.localhost\r\n" + String.join("", fields) + "\r\n";
  }

  @Test
  void target_isNeverNormalised() throws Exception {
    RawVisitor visitor = visitor();
    for (String target :
        new String[] {
          "/x?",
          "/?",
          "/x??",
          "/a/../b",
          "/..",
          "/./",
          "//",
          "//other.localhost/x",
          "/%2e",
          "/%2E%2e/%2f",
          "/?a=1;b=2",
          "/?a=%zz",
          "/%",
          "/%u00e9",
          "/;p=1/x;q",
          "/a:b@c",
          "/\\..\\x",
          "/\"<>[]^`{|}",
          "/\u00e9\u0080\u00ff",
          "/http://foo.localhost/",
        }) {
      assertThat(visitor.say(request("GET " + target + " HTTP/1.1")).answer().body())
          .startsWith("GET " + target + " HTTP/1.1\r\n");
    }
  }

  @Test
  void absoluteForm_becomesOriginForm() throws Exception {
    RawVisitor visitor = visitor();
    String[][] forms = {
      {"GET http://foo.localhost/a/../b?%zz HTTP/1.1", "GET /a/../b?%zz HTTP/1.1"},
      {"GET HTTP://FOO.localhost. HTTP/1.1", "GET / HTTP/1.1"},
      {"GET https://foo.localhost?x HTTP/1.1", "GET /?x HTTP/1.1"},
      {"OPTIONS http://foo.localhost HTTP/1.1", "OPTIONS * HTTP/1.1"},
      {"OPTIONS * HTTP/1.1", "OPTIONS * HTTP/1.1"},
      {"OPTIONS / HTTP/1.1", "OPTIONS / HTTP/1.1"},
    };
    for (String[] form : forms) {
      assertThat(visitor.say(request(form[0])).answer().body()).startsWith(form[1] + "\r\n");
    }
  }

  @Test
  void method_anyToken_passes() throws Exception {
    RawVisitor visitor = visitor();
    for (String method :
        new String[] {
          "PROPFIND", "M-SEARCH", "get", "QUERY", "TRACE", "X".repeat(200), "!#$%&'*+"
        }) {
      assertThat(visitor.say(request(method + " / HTTP/1.1")).answer().body())
          .startsWith(method + " / HTTP/1.1\r\n");
    }
  }

  @Test
  void connect_isRefusedAndTheConnectionClosed() throws Exception {
    for (String line : new String[] {"CONNECT foo.localhost:80 HTTP/1.1", "CONNECT / HTTP/1.1"}) {
      RawVisitor visitor = visitor();
      visitor.say(request(line) + request("GET /smuggled HTTP/1.1"));
      assertThat(visitor.answer().head())
          .startsWith("HTTP/1.1 405 ")
          .containsIgnoringCase("\r\nconnection: close\r\n");
      assertThat(visitor.rest()).isEmpty();
    }
  }

  @Test
  void values_passOctetByOctet() throws Exception {
    StringBuilder octets = new StringBuilder("a\tb ");
    for (char c = 0x80; c <= 0xff; c++) {
      octets.append(c);
    }
    String fields =
        "x-LoWeR: " + octets + "\r\nX-Two: 1\r\nX-Empty:\r\nX-two: 2\r\nCookie: a=b; c\r\n";
    assertThat(visitor().say(request("GET / HTTP/1.1", fields)).answer().body())
        .contains("\r\nx-LoWeR: " + octets + "\r\n")
        .contains("\r\nX-Empty: \r\n")
        .contains("\r\nCookie: a=b; c\r\n")
        .containsSubsequence("\r\nX-Two: 1\r\n", "\r\nX-two: 2\r\n");
  }

  @Test
  void sizes_upToTheLimits_pass() throws Exception {
    RawVisitor visitor = visitor();
    String target = "/" + "u".repeat(TARGET_LIMIT - 1);
    assertThat(visitor.say(request("GET " + target + " HTTP/1.1")).answer().body())
        .startsWith("GET " + target + " HTTP/1.1\r\n");

    StringBuilder many = new StringBuilder();
    for (int i = 1; i < 100; i++) {
      many.append("X-").append(i).append(": ").append(i).append("\r\n");
    }
    assertThat(visitor.say(request("GET / HTTP/1.1", many.toString())).answer().body())
        .contains("\r\nX-1: 1\r\n", "\r\nX-99: 99\r\n");

    String value = "v".repeat(HEADERS_LIMIT / 16 - 16);
    String large = ("X-Large: " + value + "\r\n").repeat(15);
    assertThat(visitor.say(request("GET / HTTP/1.1", large)).answer().body()).contains(large);
  }
}
