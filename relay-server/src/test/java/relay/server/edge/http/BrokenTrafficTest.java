package relay.server.edge.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import relay.common.endpoint.Hostname;
import relay.server.tunnel.Route;

/** Services that die, lie or say too much, and visitors who leave. */
@Timeout(60)
class BrokenTrafficTest {

  private static final String GET = "GET / HTTP/1.1\r\nHost: foo.localhost\r\n\r\n";
  private static final String POST =
      "POST / HTTP/1.1\r\nHost: foo.localhost\r\nContent-Length: 2\r\n\r\nab";

  private EdgeFixture edge;

  @BeforeEach
  void open() throws Exception {
    edge = new EdgeFixture();
  }

  @AfterEach
  void close() throws Exception {
    edge.close();
  }

  @Test
  void chunkedAnswer_serviceDies_visitorSeesNoEnd() throws Exception {
    for (boolean reset : new boolean[] {false, true}) {
      CountDownLatch seen = new CountDownLatch(1);
      try (LocalService service =
              new LocalService(c -> {
                c.head();
                c.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
                seen.await();
                if (reset) {
                  c.reset();
                }
              });
          Visitor visitor = edge.visitor()) {
        edge.serve("foo.localhost", service.port());
        assertThat(visitor.say(GET).until("half\r\n")).contains("chunked");
        seen.countDown();
        assertThat(visitor.rest()).isEmpty();
      }
    }
  }

  @Test
  void answerWithoutLength_serviceResets_visitorSeesNoEnd() throws Exception {
    CountDownLatch seen = new CountDownLatch(2);
    try (LocalService service =
            new LocalService(c -> {
              c.head();
              c.say("HTTP/1.1 200 OK\r\n\r\nhalf");
              seen.await();
              c.reset();
            });
        Visitor visitor = edge.visitor();
        Visitor old = edge.visitor()) {
      edge.serve("foo.localhost", service.port());
      assertThat(visitor.say(GET).until("half\r\n")).contains("chunked");
      assertThat(old.say(GET.replace("1.1", "1.0")).until("half")).doesNotContain("chunked");
      seen.countDown();
      seen.countDown();
      assertThat(visitor.rest()).isEmpty();
      assertThat(org.assertj.core.api.Assertions.catchThrowable(old::rest))
          .as("to HTTP/1.0 only a reset tells a cut from an end")
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void upload_visitorCutsIt_serviceSeesNoEnd() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    try (LocalService service =
        new LocalService(c -> {
          try {
            c.until("0\r\n\r\n");
          } finally {
            over.countDown();
          }
        })) {
      edge.serve("foo.localhost", service.port());
      try (Visitor visitor = edge.visitor()) {
        visitor.say(
            "POST / HTTP/1.1\r\nHost: foo.localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "4\r\nhalf\r\n");
        await().until(() -> service.seen().contains("half"));
        visitor.socket.shutdownOutput();
        over.await();
        assertThat(visitor.rest()).isEmpty();
      }
      assertThat(service.seen()).endsWith("half\r\n");
    }
  }

  @Test
  void upload_badChunk_400AndServiceSeesNoEnd() throws Exception {
    try (LocalService service = new LocalService(c -> c.until("0\r\n\r\n"));
        Visitor visitor = edge.visitor()) {
      edge.serve("foo.localhost", service.port());
      visitor.say(
          "POST / HTTP/1.1\r\nHost: foo.localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
              + "4\r\nhalf\r\n");
      await().until(() -> service.seen().contains("half"));
      assertThat(visitor.say("4\nevil\r\n0\r\n\r\n").rest()).startsWith("HTTP/1.1 400 ");
      assertThat(service.seen()).endsWith("half\r\n");
    }
  }

  @Test
  void visitor_leavesWhileAnswerIsAwaited_upstreamClosed() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    try (LocalService service =
        new LocalService(c -> {
          c.head();
          c.head();
          over.countDown();
        })) {
      edge.serve("foo.localhost", service.port());
      try (Visitor visitor = edge.visitor()) {
        visitor.say(GET);
        await().until(() -> service.seen().endsWith("\r\n\r\n"));
        visitor.socket.setSoLinger(true, 0);
      }
      over.await();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775813\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nContent-Length: +3\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "HTTP/1.1 abc OK\r\n\r\n",
        "HTTP/1.1 600 OK\r\n\r\n",
        "SSH-2.0-OpenSSH_9.2\r\n",
        "HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nraw",
        "HTTP/1.1 200 OK\r\nBad Name: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n",
      })
  void answer_notHttp_502(String answer) throws Exception {
    try (LocalService service = LocalService.answering(head -> answer);
        Visitor visitor = edge.visitor()) {
      edge.serve("foo.localhost", service.port());
      visitor.say(GET);
      service.connections.forEach(c -> {});
      String page = visitor.answer();
      assertThat(page).startsWith("HTTP/1.1 502 ").contains("Relay-Code: RELAY-502-BAD-ANSWER");
      assertThat(page).doesNotContain("abc\r\n").doesNotContain("raw");
      visitor.say(GET);
      assertThat(visitor.answer()).startsWith("HTTP/1.1 502 ");
      await().until(() -> service.connections.size() == 2);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokSURPLUS",
        "HTTP/1.1 204 None\r\n\r\nSURPLUS",
        "HTTP/1.1 304 Same\r\nContent-Length: 7\r\n\r\nSURPLUS",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
            + "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nSURPLUS",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nSURPLUS",
      })
  void answer_withSurplus_givenToNobody(String answer) throws Exception {
    try (LocalService service = LocalService.answering(head -> answer);
        Visitor visitor = edge.visitor()) {
      edge.serve("foo.localhost", service.port());
      visitor.say(GET).say(GET).say("GET / HTTP/1.0\r\nHost: foo.localhost\r\n\r\n");
      assertThat(visitor.rest()).doesNotContain("SURPLUS").contains("HTTP/1.1 ");
      assertThat(service.connections).hasSize(3);
    }
  }

  @Test
  void interimAnswers_flood_502() throws Exception {
    try (LocalService service =
            LocalService.answering(head -> "HTTP/1.1 102 Wait\r\n\r\n".repeat(1000));
        Visitor visitor = edge.visitor()) {
      edge.serve("foo.localhost", service.port());
      String all = visitor.say(GET).until("HTTP/1.1 502 ");
      assertThat(all.split("HTTP/1.1 102 ", -1)).hasSizeLessThan(40);
    }
  }

  @Test
  void pooledConnection_stale_getGoesAgainPostDoesNot() throws Exception {
    AtomicInteger served = new AtomicInteger();
    try (LocalService service =
            new LocalService(c -> {
              c.head();
              served.incrementAndGet();
              c.say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
              c.head(); // and hangs up on the second request
            });
        Visitor visitor = edge.visitor()) {
      edge.serve("foo.localhost", service.port());
      for (int i = 0; i < 3; i++) {
        assertThat(visitor.say(GET).answer()).startsWith("HTTP/1.1 200 ");
      }
      assertThat(served).hasValue(3);
      assertThat(visitor.say(POST).answer())
          .startsWith("HTTP/1.1 502 ")
          .contains("RELAY-502-CLOSED-EARLY");
      assertThat(service.seen().split("POST /", -1)).hasSize(2);
    }
  }

  @Test
  void pooledConnection_idle_closedAfterTwoSeconds() throws Exception {
    CountDownLatch closed = new CountDownLatch(1);
    try (LocalService service =
            new LocalService(c -> {
              while (c.head() != null) {
                c.say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
              }
              closed.countDown();
            });
        Visitor visitor = edge.visitor()) {
      edge.serve("foo.localhost", service.port());
      long from = System.nanoTime();
      visitor.say(GET).answer();
      visitor.say(GET).answer();
      closed.await();
      assertThat(Duration.ofNanos(System.nanoTime() - from))
          .isBetween(Duration.ofMillis(1900), Duration.ofSeconds(5));
      assertThat(service.connections).hasSize(1);
    }
  }

  @Test
  void name_movesToAnotherTunnel_poolDoesNot() throws Exception {
    try (LocalService first =
            LocalService.answering(head -> "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1");
        LocalService second =
            LocalService.answering(head -> "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2");
        Visitor visitor = edge.visitor()) {
      edge.serve("foo.localhost", first.port());
      assertThat(visitor.say(GET).answer()).endsWith("1");
      edge.serve("foo.localhost", second.port());
      assertThat(visitor.say(GET).answer()).endsWith("2");
      edge.routes.put(Hostname.of("foo.localhost"), new Route.Held());
      assertThat(visitor.say(GET).answer()).contains("RELAY-503-OFFLINE");
    }
  }

  @Test
  void localService_notThere_502() throws Exception {
    int port;
    try (LocalService gone = LocalService.answering(head -> "")) {
      port = gone.port();
    }
    try (Visitor visitor = edge.visitor()) {
      edge.serve("foo.localhost", port);
      for (int i = 0; i < 2; i++) {
        assertThat(visitor.say(GET).answer())
            .startsWith("HTTP/1.1 502 ")
            .contains("RELAY-502-NOTHING-LISTENING");
      }
      await().until(() -> edge.visits.size() == 2);
      assertThat(edge.visits.get(0).status()).isEqualTo(502);
    }
  }

  @Test
  void finalAnswer_whileUploadRuns_arrivesWhole() throws Exception {
    String body = "x".repeat(100_000);
    CountDownLatch answered = new CountDownLatch(1);
    try (LocalService service =
            new LocalService(c -> {
              c.head();
              c.say(
                  "HTTP/1.1 413 Too Large\r\nContent-Length: 100000\r\n"
                      + "Connection: close\r\n\r\n"
                      + body);
              c.socket.shutdownOutput();
              answered.await(20, TimeUnit.SECONDS); // it reads no more of the upload
            });
        Visitor visitor = edge.visitor()) {
      edge.serve("foo.localhost", service.port());
      visitor.say("POST / HTTP/1.1\r\nHost: foo.localhost\r\nContent-Length: 1000000000\r\n\r\n");
      Thread writer =
          new Thread(() -> {
            try {
              while (true) {
                visitor.say(body);
              }
            } catch (IOException e) {
              return; // the edge hung up, as it should
            }
          });
      writer.setDaemon(true);
      writer.start();
      assertThat(visitor.answer())
          .startsWith("HTTP/1.1 413 ")
          .contains("connection: close\r\n")
          .endsWith(body);
      answered.countDown();
      writer.join(20_000);
      assertThat(writer.isAlive()).isFalse();
    }
  }

  @Test
  void connectionClose_octetsBehindIt_answerNotLost() throws Exception {
    try (LocalService service =
            LocalService.answering(head -> "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        Visitor visitor = edge.visitor()) {
      edge.serve("foo.localhost", service.port());
      visitor.say(GET.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n") + "x".repeat(300_000));
      assertThat(visitor.rest()).endsWith("ok");
    }
  }
}
