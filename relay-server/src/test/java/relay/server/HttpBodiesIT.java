package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Bodies of HTTP messages: streamed, whole, however long. */
class HttpBodiesIT {

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
  void events_arriveWhenTheyAreSent() throws Exception {
    BlockingQueue<String> events = new LinkedBlockingQueue<>();
    Socket visitor =
        visit(socket -> {
          Wire.head(socket.getInputStream());
          Wire.send(
              socket,
              "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                  + "Transfer-Encoding: chunked\r\n\r\n");
          for (int i = 0; i < 10; i++) {
            String event = take(events);
            Wire.send(socket, Integer.toHexString(event.length()) + "\r\n" + event + "\r\n");
          }
          Wire.send(socket, "0\r\n\r\n");
        });
    Wire.send(visitor, get("/events", "Accept: text/event-stream"));
    InputStream in = visitor.getInputStream();
    assertThat(Wire.head(in)).containsIgnoringCase("content-type: text/event-stream");

    for (int i = 0; i < 10; i++) {
      long sent = System.nanoTime();
      events.add("data: " + i + "\n\n");
      Wire.until(in, "data: " + i + "\n\n");
      assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - sent)).isLessThan(200);
    }
    assertThat(Wire.until(in, "0\r\n\r\n")).isNotEmpty();
  }

  @Test
  void upload_isSeenBeforeItIsComplete() throws Exception {
    CompletableFuture<String> first = new CompletableFuture<>();
    Socket visitor =
        visit(socket -> {
          Wire.head(socket.getInputStream());
          first.complete(Wire.until(socket.getInputStream(), "first piece"));
          Wire.until(socket.getInputStream(), "0\r\n\r\n");
          Wire.send(socket, ok("thanks"));
        });
    Wire.send(
        visitor,
        "POST / HTTP/1.1\r\nHost: foo.localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "b\r\nfirst piece\r\n");
    assertThat(first.get(5, TimeUnit.SECONDS)).contains("first piece");
    Wire.send(visitor, "4\r\nlast\r\n0\r\n\r\n");

    assertThat(Wire.answer(visitor.getInputStream()).body()).isEqualTo("thanks");
  }

  /**
   * The rest of the upload is not wanted; a visitor who still sends must get the answer all the
   * same.
   */
  @Test
  void upload_answeredBeforeItsEnd() throws Exception {
    forward(
        node.service(
                socket -> {
                  Wire.head(socket.getInputStream());
                  Wire.send(
                      socket,
                      "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\n"
                          + "Content-Length: 7\r\n\r\ntoo big");
                  socket.shutdownOutput();
                  socket.getInputStream().transferTo(OutputStream.nullOutputStream());
                })
            .port());
    Path body = node.directory().resolve("body");
    try (var out = Files.newOutputStream(body)) {
      new Octets(6, 20 << 20).transferTo(out);
    }

    assertThat(node.curl("foo.localhost", "/", "-T", body.toString(), "-H", "Expect:"))
        .isEqualTo("too big\n413");
  }

  @Test
  void big_downAndUp() throws Exception {
    long length = 100 << 20;
    CompletableFuture<String> uploaded = new CompletableFuture<>();
    Nginx nginx = node.nginx("");
    Path www = node.directory().resolve("nginx0/www/big");
    try (var out = Files.newOutputStream(www)) {
      new Octets(5, length).transferTo(out);
    }
    LocalService upload =
        node.service(socket -> {
          String head = Wire.head(socket.getInputStream());
          long expected = Long.parseLong(Wire.field(head, "content-length"));
          uploaded.complete(Octets.digest(Wire.limited(socket.getInputStream(), expected)));
          Wire.send(socket, ok("stored"));
        });
    node.start(
            node.ssh("ann")
                .forward("down:80:127.0.0.1:" + nginx.port())
                .forward("up:80:127.0.0.1:" + upload.port())
                .console())
        .awaitOut("http://up.localhost");
    Path got = node.directory().resolve("got");

    assertThat(node.curl("down.localhost", "/big", "-o", got.toString())).isEqualTo("\n200");
    try (var in = Files.newInputStream(got)) {
      assertThat(Octets.digest(in)).isEqualTo(Octets.digest(5, length));
    }
    assertThat(node.curl("up.localhost", "/", "-H", "Expect:", "-T", got.toString()))
        .isEqualTo("stored\n200");
    assertThat(uploaded.get(5, TimeUnit.SECONDS)).isEqualTo(Octets.digest(5, length));
  }

  @Test
  void expectByCurl_bodyArrives() throws Exception {
    forward(
        node.service(
                socket -> {
                  String head = Wire.head(socket.getInputStream());
                  if (head.toLowerCase(Locale.ROOT).contains("expect: 100-continue")) {
                    Wire.send(socket, "HTTP/1.1 100 Continue\r\n\r\n");
                  }
                  int length = Integer.parseInt(Wire.field(head, "content-length"));
                  Wire.send(
                      socket,
                      ok(Integer.toString(Wire.text(socket.getInputStream(), length).length())));
                })
            .port());
    Path body = Files.write(node.directory().resolve("body"), new byte[2 << 20]);

    assertThat(node.curl("foo.localhost", "/", "-T", body.toString(), "-H", "Expect: 100-continue"))
        .isEqualTo((2 << 20) + "\n200");
  }

  private static String take(BlockingQueue<String> queue) {
    try {
      return queue.take();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
