package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** HTTP/1.1 as a visitor and a local service see it of each other, through the real ssh. */
class HttpIT {

  @RegisterExtension final RelayNode node = RelayNode.with();

  private void forward(int port) {
    node.start(node.ssh("ann").forward("foo:80:127.0.0.1:" + port).console()).awaitOut("HTTP: ");
  }

  /** A visitor's connection to what serves there. */
  private Socket visit(LocalService.Connection service) throws IOException {
    forward(node.service(service).port());
    return node.visit(node.httpPort());
  }

  private static String get(String path, String... fields) {
    String more = fields.length == 0 ? "" : String.join("\r\n", fields) + "\r\n";
    return "GET " + path + " HTTP/1.1\r\nHost: foo.localhost\r\n" + more + "\r\n";
  }

  private static String ok(String body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
  }

  @Test
  void head_hasTheLengthAndNoBody() throws Exception {
    forward(node.nginx("").port());
    Socket visitor = node.visit(node.httpPort());
    Wire.send(visitor, get("/hello").replace("GET", "HEAD") + get("/hello"));
    InputStream in = visitor.getInputStream();

    assertThat(Wire.head(in)).startsWith("HTTP/1.1 200").containsIgnoringCase("content-length: 17");
    assertThat(Wire.answer(in).body()).isEqualTo("hello from nginx\n");
  }

  @Test
  void expect_isAskedOfTheService() throws Exception {
    CountDownLatch mayGoOn = new CountDownLatch(1);
    Socket visitor =
        visit(socket -> {
          String head = Wire.head(socket.getInputStream());
          await(mayGoOn);
          Wire.send(socket, "HTTP/1.1 100 Continue\r\n\r\n");
          int length = Integer.parseInt(Wire.field(head, "content-length"));
          Wire.send(socket, ok(Wire.text(socket.getInputStream(), length)));
        });
    Wire.send(
        visitor,
        "POST / HTTP/1.1\r\nHost: foo.localhost\r\nExpect: 100-continue\r\n"
            + "Content-Length: 4\r\n\r\n");
    assertThat(visitor.getInputStream().available()).isZero();
    mayGoOn.countDown();

    assertThat(Wire.head(visitor.getInputStream())).startsWith("HTTP/1.1 100");
    Wire.send(visitor, "body");
    assertThat(Wire.answer(visitor.getInputStream()).body()).isEqualTo("body");
  }

  @Test
  void earlyHints_arriveBeforeTheAnswer() throws Exception {
    CountDownLatch seen = new CountDownLatch(1);
    Socket visitor =
        visit(socket -> {
          Wire.head(socket.getInputStream());
          Wire.send(socket, "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n");
          await(seen);
          Wire.send(socket, ok("answer"));
        });
    Wire.send(visitor, get("/"));

    assertThat(Wire.head(visitor.getInputStream()))
        .startsWith("HTTP/1.1 103")
        .containsIgnoringCase("link: </a.css>; rel=preload");
    seen.countDown();
    assertThat(Wire.answer(visitor.getInputStream()).body()).isEqualTo("answer");
  }

  @Test
  void trailers_passBothWays() throws Exception {
    Socket visitor =
        visit(socket -> {
          Wire.head(socket.getInputStream());
          String body =
              Wire.until(socket.getInputStream(), "0\r\n") + Wire.head(socket.getInputStream());
          String length = Integer.toHexString(body.length());
          Wire.send(
              socket,
              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
                  + length
                  + "\r\n"
                  + body
                  + "\r\n0\r\nX-Sum: 42\r\n\r\n");
        });
    Wire.send(
        visitor,
        "POST / HTTP/1.1\r\nHost: foo.localhost\r\nTransfer-Encoding: chunked\r\nTE: trailers\r\n"
            + "Trailer: X-Up\r\n\r\n3\r\nabc\r\n0\r\nX-Up: 41\r\n\r\n");
    InputStream in = visitor.getInputStream();

    assertThat(Wire.head(in)).startsWith("HTTP/1.1 200");
    assertThat(Wire.until(in, "X-Sum: 42\r\n\r\n"))
        .contains("abc", "X-Up: 41")
        .contains("\r\n0\r\n");
  }

  @Test
  void pipelined_answeredInOrder() throws Exception {
    Socket visitor =
        visit(socket -> {
          while (true) {
            String path = Wire.path(Wire.head(socket.getInputStream()));
            Wire.send(socket, ok("answer to " + path));
          }
        });
    StringBuilder requests = new StringBuilder();
    for (int i = 0; i < 20; i++) {
      requests.append(get("/" + i));
    }
    Wire.send(visitor, requests.toString());

    for (int i = 0; i < 20; i++) {
      assertThat(Wire.answer(visitor.getInputStream()).body()).isEqualTo("answer to /" + i);
    }
  }

  @Test
  void visitorEndsItsSide_stillGetsTheAnswer() throws Exception {
    CountDownLatch ended = new CountDownLatch(1);
    Socket visitor =
        visit(socket -> {
          Wire.head(socket.getInputStream());
          await(ended);
          Wire.send(socket, ok("answer"));
        });
    Wire.send(visitor, get("/"));
    visitor.shutdownOutput();
    ended.countDown();

    assertThat(Wire.answer(visitor.getInputStream()).body()).isEqualTo("answer");
    assertThat(visitor.getInputStream().read()).isEqualTo(-1);
  }

  private static void await(CountDownLatch latch) {
    try {
      if (!latch.await(20, TimeUnit.SECONDS)) {
        throw new IllegalStateException("the test did not go on");
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
