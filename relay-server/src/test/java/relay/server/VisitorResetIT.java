package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import relay.server.oracle.RawVisitor;

/** A visitor who resets is gone: the local service is told within a second. */
class VisitorResetIT {

  private static final String GET = "GET / HTTP/1.1\r\nHost: foo.localhost\r\n\r\n";

  /** One slow moment of the machine is not the relay's; three in a row are. */
  private static final int TRIES = 3;

  @RegisterExtension final RelayNode node = RelayNode.with();

  private final BlockingQueue<String> events = new ArrayBlockingQueue<>(100);

  private interface Scene {
    void play(RawVisitor visitor) throws IOException;
  }

  private void assertTold(LocalService.Connection service, Scene scene) throws Exception {
    LocalService local =
        node.service(socket -> {
          try {
            service.serve(socket);
          } finally {
            events.add("told");
          }
        });
    node.start(node.ssh("ann").forward("foo:80:127.0.0.1:" + local.port()).console())
        .awaitOut("HTTP: ");
    Duration least = Duration.ofDays(1);
    for (int i = 0; i < TRIES && least.toMillis() > 1000; i++) {
      RawVisitor visitor = node.closing(new RawVisitor(node.httpAddress()));
      scene.play(visitor);
      assertThat(events.poll(20, TimeUnit.SECONDS)).isEqualTo("ready");
      assertThat(events).isEmpty();
      long start = System.nanoTime();
      visitor.reset();
      assertThat(events.poll(20, TimeUnit.SECONDS)).isEqualTo("told");
      Duration took = Duration.ofNanos(System.nanoTime() - start);
      least = took.compareTo(least) < 0 ? took : least;
    }
    assertThat(least).isLessThan(Duration.ofSeconds(1));
  }

  private void awaitEnd(Socket socket) throws IOException {
    events.add("ready");
    InputStream in = socket.getInputStream();
    while (in.read() >= 0) {
      // what was still under way
    }
  }

  @Test
  void beforeTheAnswer() throws Exception {
    assertTold(
        socket -> {
          Wire.head(socket.getInputStream());
          awaitEnd(socket);
        },
        visitor -> visitor.say(GET));
  }

  @Test
  void whileTheAnswerIsSilent() throws Exception {
    assertTold(
        socket -> {
          Wire.head(socket.getInputStream());
          Wire.send(socket, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
          awaitEnd(socket);
        },
        visitor -> visitor.say(GET).line("half\r\n"));
  }

  @Test
  void whileTheAnswerStreams() throws Exception {
    assertTold(
        socket -> {
          Wire.head(socket.getInputStream());
          Wire.send(socket, "HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n");
          events.add("ready");
          byte[] block = new byte[16 << 10];
          while (true) {
            socket.getOutputStream().write(block);
          }
        },
        visitor -> visitor.say(GET).line("\r\n\r\n"));
  }

  @Test
  void whileTheUploadStalls() throws Exception {
    assertTold(
        socket -> {
          Wire.head(socket.getInputStream());
          Wire.until(socket.getInputStream(), "half");
          awaitEnd(socket);
        },
        visitor ->
            visitor.say(
                "POST / HTTP/1.1\r\nHost: foo.localhost\r\nContent-Length: 1000\r\n\r\nhalf"));
  }

  @Test
  void withRequestsPipelinedBehind() throws Exception {
    assertTold(
        socket -> {
          Wire.head(socket.getInputStream());
          awaitEnd(socket);
        },
        visitor -> visitor.say(GET + GET + GET));
  }

  @Test
  void withManyRequestsPipelinedBehind() throws Exception {
    assertTold(
        socket -> {
          Wire.head(socket.getInputStream());
          awaitEnd(socket);
        },
        visitor -> visitor.say(GET.repeat(2000)));
  }
}
