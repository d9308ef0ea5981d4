package relay.server.edge.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Ordinary traffic, visitor to service, over sockets. */
@Timeout(60)
class HttpEdgeTest {

  private EdgeFixture edge;

  @BeforeEach
  void open() throws Exception {
    edge = EdgeFixture.patient();
  }

  @AfterEach
  void close() throws Exception {
    edge.close();
  }

  private static String get(String path) {
    return "GET " + path + " HTTP/1.1\r\nHost: foo.localhost\r\n\r\n";
  }

  private static String ok(String body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
  }

  @Test
  void request_servedTunnel_answered() throws Exception {
    try (LocalService service = LocalService.answering(head -> ok("hello"));
        Visitor visitor = edge.visitor()) {
      edge.serve("foo.localhost", service.port());
      assertThat(visitor.say(get("/a%2Fb/../c?x=1;y=%zz")).answer())
          .startsWith("HTTP/1.1 200 OK\r\n")
          .endsWith("\r\n\r\nhello");
      assertThat(service.seen())
          .startsWith("GET /a%2Fb/../c?x=1;y=%zz HTTP/1.1\r\n")
          .contains("Host: foo.localhost\r\n")
          .contains("X-Forwarded-For: 127.0.0.1\r\n")
          .contains("X-Forwarded-Proto: http\r\n")
          .doesNotContain("Connection:");
      await().until(() -> edge.visits.size() == 1);
      assertThat(edge.visits.get(0).status()).isEqualTo(200);
      assertThat(edge.visits.get(0).target()).isEqualTo("/a%2Fb/../c?x=1;y=%zz");
    }
  }

  @Test
  void request_octetsAbove7f_unchangedBothWays() throws Exception {
    try (LocalService service =
            LocalService.answering(head ->
                "HTTP/1.1 200 Schön\r\nX-Ä: é\r\nContent-Length: 0\r\n\r\n".replace("Ä", "a"));
        Visitor visitor = edge.visitor()) {
      edge.serve("foo.localhost", service.port());
      String answer =
          visitor
              .say("GET /\u00e9\u00ff HTTP/1.1\r\nHost: foo.localhost\r\nX-a: \u00fc\r\n\r\n")
              .answer();
      assertThat(answer).startsWith("HTTP/1.1 200 Sch\u00f6n\r\n").contains("X-a: \u00e9\r\n");
      assertThat(service.seen())
          .startsWith("GET /\u00e9\u00ff HTTP/1.1\r\n")
          .contains("X-a: \u00fc\r\n");
    }
  }

  @Test
  void visitors_200AtOnce_eachHasItsOwn() throws Exception {
    Pattern path = Pattern.compile("GET /(\\d+)");
    ExecutorService threads = Executors.newFixedThreadPool(200);
    try (LocalService service =
        LocalService.answering(head -> {
          Matcher matcher = path.matcher(head);
          matcher.find();
          return ok(("<" + matcher.group(1) + ">").repeat(50));
        })) {
      edge.serve("foo.localhost", service.port());
      List<Future<Boolean>> all = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        int first = i * 1000;
        all.add(
            threads.submit(() -> {
              try (Visitor visitor = edge.visitor()) {
                for (int n = first; n < first + 20; n++) {
                  String answer = visitor.say(get("/" + n)).answer();
                  assertThat(answer).endsWith("\r\n\r\n" + ("<" + n + ">").repeat(50));
                }
              }
              return true;
            }));
      }
      for (Future<Boolean> one : all) {
        assertThat(one.get()).isTrue();
      }
      assertThat(service.connections.size()).isLessThanOrEqualTo(200);
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void requests_pipelinedThenHalfClosed_allAnsweredInOrder() throws Exception {
    try (LocalService service =
            LocalService.answering(head -> ok(head.substring(0, head.indexOf(" HTTP"))));
        Visitor visitor = edge.visitor()) {
      SocketUpstream upstream = edge.serve("foo.localhost", service.port());
      StringBuilder requests = new StringBuilder();
      for (int i = 0; i < 300; i++) {
        requests.append(get("/" + i));
      }
      visitor.say(requests.toString());
      visitor.socket.shutdownOutput();
      for (int i = 0; i < 300; i++) {
        assertThat(visitor.answer()).endsWith("\r\n\r\nGET /" + i);
      }
      assertThat(visitor.rest()).isEmpty();
      assertThat(upstream.opened).hasValue(1);
    }
  }

  @Test
  void hosts_differOnOneConnection_routedEachAnew() throws Exception {
    try (LocalService foo = LocalService.answering(head -> ok("foo"));
        LocalService bar = LocalService.answering(head -> ok("bar"));
        Visitor visitor = edge.visitor()) {
      edge.serve("foo.localhost", foo.port());
      edge.serve("bar.localhost", bar.port());
      for (String host : new String[] {"foo.localhost", "BAR.localhost.:8080", "Foo.LocalHost"}) {
        assertThat(visitor.say("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n").answer())
            .endsWith(host.substring(0, 3).toLowerCase(java.util.Locale.ROOT));
      }
      assertThat(visitor.say("GET / HTTP/1.1\r\nHost: x.localhost\r\n\r\n").answer())
          .startsWith("HTTP/1.1 404 ")
          .contains("Relay-Code: RELAY-404-UNKNOWN-NAME\r\n")
          .contains("no tunnel at x.localhost");
      assertThat(visitor.say(get("/")).answer()).endsWith("foo");
    }
  }

  @Test
  void answer_unknownLength_chunkedToVisitor() throws Exception {
    try (LocalService service =
            new LocalService(c -> {
              c.head();
              c.say("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end");
            });
        Visitor visitor = edge.visitor()) {
      edge.serve("foo.localhost", service.port());
      assertThat(visitor.say(get("/")).until("0\r\n\r\n"))
          .contains("transfer-encoding: chunked\r\n")
          .contains("\r\nd\r\nuntil the end\r\n");
    }
  }

  @Test
  void answer_toHttp10_closeDelimited() throws Exception {
    try (LocalService service =
            LocalService.answering(head ->
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
        Visitor visitor = edge.visitor()) {
      edge.serve("foo.localhost", service.port());
      String answer = visitor.say("GET / HTTP/1.0\r\nHost: foo.localhost\r\n\r\n").rest();
      assertThat(answer).endsWith("\r\n\r\nabc").doesNotContainIgnoringCase("transfer-encoding");
    }
  }

  @Test
  void head_answeredWithLength_noBody() throws Exception {
    try (LocalService service =
            LocalService.answering(head -> "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
        Visitor visitor = edge.visitor()) {
      edge.serve("foo.localhost", service.port());
      String head = get("/").replace("GET", "HEAD");
      for (int i = 0; i < 3; i++) {
        assertThat(visitor.say(head).until("\r\n\r\n"))
            .containsIgnoringCase("content-length: 5\r\n");
      }
      assertThat(service.connections).hasSize(1);
    }
  }

  @Test
  void upload_notCompleteYet_reachesServiceAndTrailersToo() throws Exception {
    try (LocalService service =
            new LocalService(c -> {
              c.head();
              c.until("0\r\nX-Sum: 1\r\n\r\n");
              c.say(ok("done"));
            });
        Visitor visitor = edge.visitor()) {
      edge.serve("foo.localhost", service.port());
      visitor.say(
          "POST / HTTP/1.1\r\nHost: foo.localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
      await().until(() -> service.seen().contains("first"));
      visitor.say("6\r\nsecond\r\n0\r\nX-Sum: 1\r\nHost: evil\r\nX_Forwarded-For: e\r\n\r\n");
      assertThat(visitor.answer()).endsWith("done");
      assertThat(service.seen()).contains("second").doesNotContain("evil");
    }
  }

  @Test
  void interimAnswers_passEndToEnd() throws Exception {
    try (LocalService service =
            new LocalService(c -> {
              c.head();
              c.say("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n");
              c.say("HTTP/1.1 100 Continue\r\n\r\n");
              assertThat(c.exactly(4)).isEqualTo("body");
              c.say(ok("fin"));
            });
        Visitor visitor = edge.visitor()) {
      edge.serve("foo.localhost", service.port());
      visitor.say(
          "POST / HTTP/1.1\r\nHost: foo.localhost\r\nExpect: 100-continue\r\n"
              + "Content-Length: 4\r\n\r\n");
      assertThat(visitor.until("\r\n\r\n")).startsWith("HTTP/1.1 103 ").contains("Link: </a.css>");
      assertThat(visitor.until("\r\n\r\n")).startsWith("HTTP/1.1 100 ");
      assertThat(visitor.say("body").answer()).endsWith("fin");
    }
  }

  @Test
  void absoluteForm_becomesOriginForm() throws Exception {
    try (LocalService service = LocalService.answering(head -> ok(""));
        Visitor visitor = edge.visitor()) {
      edge.serve("foo.localhost", service.port());
      visitor
          .say("GET HTTP://foo.localhost?q=1 HTTP/1.1\r\nHost: foo.localhost:80\r\n\r\n")
          .answer();
      visitor.say("OPTIONS * HTTP/1.1\r\nHost: foo.localhost\r\n\r\n").answer();
      assertThat(service.seen()).startsWith("GET /?q=1 HTTP/1.1").contains("OPTIONS * HTTP/1.1");
    }
  }
}
