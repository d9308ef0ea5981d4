package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import relay.server.oracle.RawVisitor;

/** Bodies pass untouched: large ones, parts, coded ones, and those that are a long time coming. */
class LargeBodiesIT {

  private static final long DOWN = 1L << 30;
  private static final long UP = 256L << 20;

  @RegisterExtension final RelayNode node = RelayNode.with();

  private void forward(int port) {
    node.start(node.ssh("ann").forward("foo:80:127.0.0.1:" + port).console()).awaitOut("HTTP: ");
  }

  private static String get(String path, String more) {
    return "GET " + path + " HTTP/1.1\r\nHost: foo.localhost\r\n" + more + "\r\n";
  }

  @Test
  void download_of1GB_isWhole() throws Exception {
    forward(
        node.service(
                socket -> {
                  Wire.head(socket.getInputStream());
                  Wire.send(socket, "HTTP/1.1 200 OK\r\nContent-Length: " + DOWN + "\r\n\r\n");
                  new Octets(11, DOWN).transferTo(socket.getOutputStream());
                })
            .port());
    CompletableFuture<String> expected = Octets.async(() -> Octets.digest(11, DOWN));
    Socket visitor = node.visit(node.httpPort());
    Wire.send(visitor, get("/", "Connection: close\r\n"));
    assertThat(Wire.head(visitor.getInputStream())).startsWith("HTTP/1.1 200 ");

    assertThat(Octets.digest(visitor.getInputStream()))
        .isEqualTo(expected.get(60, TimeUnit.SECONDS));
  }

  @Test
  void upload_of256MB_isWhole() throws Exception {
    forward(
        node.service(
                socket -> {
                  Wire.head(socket.getInputStream());
                  String digest = Octets.digest(Wire.limited(socket.getInputStream(), UP));
                  Wire.send(
                      socket,
                      "HTTP/1.1 200 OK\r\nContent-Length: "
                          + digest.length()
                          + "\r\n\r\n"
                          + digest);
                })
            .port());
    Socket visitor = node.visit(node.httpPort());
    Wire.send(
        visitor, "PUT / HTTP/1.1\r\nHost: foo.localhost\r\nContent-Length: " + UP + "\r\n\r\n");
    new Octets(12, UP).transferTo(visitor.getOutputStream());

    visitor.setSoTimeout(60_000);
    assertThat(Wire.answer(visitor.getInputStream()).body()).isEqualTo(Octets.digest(12, UP));
  }

  @Test
  void ranges_passUntouched() throws Exception {
    Nginx nginx = node.nginx("");
    Path file = node.directory().resolve("nginx0/www/file");
    Files.writeString(file, "0123456789".repeat(1000));
    forward(nginx.port());
    RawVisitor visitor = node.closing(new RawVisitor(node.httpAddress()));

    RawVisitor.Answer part = visitor.say(get("/file", "Range: bytes=5-14\r\n")).answer();
    assertThat(part.status()).isEqualTo(206);
    assertThat(part.head()).contains("\r\nContent-Range: bytes 5-14/10000\r\n");
    assertThat(part.body()).isEqualTo("5678901234");

    RawVisitor.Answer parts = visitor.say(get("/file", "Range: bytes=0-1,-1\r\n")).answer();
    assertThat(parts.status()).isEqualTo(206);
    assertThat(parts.head()).contains("multipart/byteranges");
    assertThat(parts.body()).contains("bytes 0-1/10000\r\n\r\n01\r\n", "bytes 9999-9999/10000");

    String tag = Wire.field(part.head(), "etag");
    assertThat(visitor.say(get("/file", "If-None-Match: " + tag + "\r\n")).answer().status())
        .isEqualTo(304);
    assertThat(visitor.say(get("/file", "Range: bytes=99999-\r\n")).answer().status())
        .isEqualTo(416);
  }

  @Test
  void coding_isTheServicesAndTheVisitors() throws Exception {
    ByteArrayOutputStream zipped = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(zipped)) {
      gzip.write("hello ".repeat(1000).getBytes(StandardCharsets.US_ASCII));
    }
    String body = zipped.toString(StandardCharsets.ISO_8859_1);
    BlockingQueue<String> heads = new LinkedBlockingQueue<>();
    forward(
        node.service(
                socket -> {
                  while (true) {
                    heads.add(Wire.head(socket.getInputStream()));
                    Wire.send(
                        socket,
                        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nETag: \"zipped\"\r\n"
                            + ("Content-Length: " + body.length() + "\r\n\r\n" + body));
                  }
                })
            .port());
    RawVisitor visitor = node.closing(new RawVisitor(node.httpAddress()));
    for (String accept : new String[] {"", "Accept-Encoding: br;q=0.5, gzip\r\n"}) {
      RawVisitor.Answer answer = visitor.say(get("/", accept)).answer();
      assertThat(answer.body()).isEqualTo(body);
      assertThat(answer.head())
          .contains("\r\nContent-Encoding: gzip\r\n", "\r\nETag: \"zipped\"\r\n");
      String head = heads.take();
      assertThat(head.toLowerCase(java.util.Locale.ROOT).contains("accept-encoding"))
          .isEqualTo(!accept.isEmpty());
      assertThat(head).contains(accept);
    }
  }

  /** A line of an answer with a length is not kept back until there is more. */
  @Test
  void lines_ofAnAnswerWithALength_arriveWhenTheyAreSent() throws Exception {
    BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    forward(
        node.service(
                socket -> {
                  Wire.head(socket.getInputStream());
                  Wire.send(socket, "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n");
                  for (int i = 0; i < 10; i++) {
                    Wire.send(socket, take(lines));
                  }
                })
            .port());
    RawVisitor visitor = node.closing(new RawVisitor(node.httpAddress()));
    visitor.say(get("/", "")).line("\r\n\r\n");
    for (int i = 0; i < 10; i++) {
      String line = "say" + i + "\n";
      lines.add(line);
      assertThat(visitor.text(5)).isEqualTo(line);
    }
  }

  @Test
  void longPolls_waitAsLongAsTheServiceDoes() throws Exception {
    BlockingQueue<String> news = new LinkedBlockingQueue<>();
    BlockingQueue<String> polls = new LinkedBlockingQueue<>();
    forward(
        node.service(
                socket -> {
                  while (true) {
                    polls.add(Wire.path(Wire.head(socket.getInputStream())));
                    String text = take(news);
                    Wire.send(
                        socket,
                        "HTTP/1.1 200 OK\r\nContent-Length: " + text.length() + "\r\n\r\n" + text);
                  }
                })
            .port());
    RawVisitor visitor = node.closing(new RawVisitor(node.httpAddress()));
    visitor.socket().setSoTimeout(500);
    for (int i = 0; i < 3; i++) {
      visitor.say(get("/poll" + i, ""));
      assertThat(polls.poll(20, TimeUnit.SECONDS)).isEqualTo("/poll" + i);
      org.assertj.core.api.Assertions.assertThatThrownBy(() -> visitor.in().read())
          .as("nothing comes before the service has something to say")
          .isInstanceOf(java.net.SocketTimeoutException.class);
      visitor.socket().setSoTimeout(20_000);
      news.add("news " + i);
      assertThat(visitor.answer().body()).isEqualTo("news " + i);
      visitor.socket().setSoTimeout(500);
    }
  }

  private static String take(BlockingQueue<String> queue) throws IOException {
    try {
      return queue.take();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }
}
