package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What goes in comes out, byte for byte, in both directions and each to its own end. */
class StreamsIT {

  private static final int VISITORS = 200;

  @RegisterExtension final RelayNode node = RelayNode.with();

  private int tunnel(LocalService service, String... options) {
    Ssh ssh = node.ssh("ann");
    for (String option : options) {
      ssh.with(option.split(" ", -1));
    }
    Command command = node.start(ssh.forward("0:127.0.0.1:" + service.port()).noCommand());
    return Integer.parseInt(command.awaitErr("Allocated port (\\d+) for remote forward"));
  }

  @Test
  void visitorEndsFirst_serviceStillAnswers() throws Exception {
    LocalService service =
        node.service(socket -> {
          byte[] asked = socket.getInputStream().readAllBytes();
          String answer = asked.length + " octets: " + new String(asked, StandardCharsets.US_ASCII);
          socket.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
        });
    Command nc = node.start(List.of("nc", "-N", "127.0.0.1", Integer.toString(tunnel(service))));
    nc.stdin().write("all of it".getBytes(StandardCharsets.US_ASCII));
    nc.stdin().close();

    assertThat(nc.exitStatus()).isZero();
    assertThat(nc.out()).isEqualTo("9 octets: all of it");
  }

  @Test
  void serviceEndsFirst_visitorStillSends() throws Exception {
    CompletableFuture<String> received = new CompletableFuture<>();
    LocalService service =
        node.service(socket -> {
          socket.getOutputStream().write("my last word".getBytes(StandardCharsets.US_ASCII));
          socket.shutdownOutput();
          received.complete(Octets.digest(socket.getInputStream()));
        });
    Socket visitor = node.visit(tunnel(service));

    assertThat(visitor.getInputStream().readAllBytes()).asString().isEqualTo("my last word");
    new Octets(1, 3 << 20).transferTo(visitor.getOutputStream());
    assertThat(received).isNotDone();
    visitor.shutdownOutput();
    assertThat(received.get(20, TimeUnit.SECONDS)).isEqualTo(Octets.digest(1, 3 << 20));
  }

  @Test
  void visitorSaysNothing_serviceSpeaksFirst() throws Exception {
    LocalService service =
        node.service(socket -> {
          socket.getOutputStream().write("220 ready\r\n".getBytes(StandardCharsets.US_ASCII));
          socket.getInputStream().readAllBytes();
        });
    Socket visitor = node.visit(tunnel(service));

    assertThat(visitor.getInputStream().readNBytes(11)).asString().isEqualTo("220 ready\r\n");
  }

  @Test
  void compressed_bothWays() throws Exception {
    assertThat(bothWays(8 << 20, "-C")).isEqualTo(Octets.digest(1, 8 << 20));
  }

  @Test
  void rekeyedAllTheTime_bothWays() throws Exception {
    long length = 256L << 20;
    assertThat(bothWays(length, "-o RekeyLimit=1M")).isEqualTo(Octets.digest(1, length));
  }

  /** Gives what the visitor received; what the service did is checked here. */
  private String bothWays(long length, String option) throws Exception {
    CompletableFuture<String> received = new CompletableFuture<>();
    LocalService service =
        node.service(socket -> received.complete(Octets.exchange(socket, 1, length).join()));
    Socket visitor = node.visit(tunnel(service, option));

    String back = Octets.exchange(visitor, 2, length).get(120, TimeUnit.SECONDS);
    assertThat(received.get(20, TimeUnit.SECONDS)).isEqualTo(Octets.digest(2, length));
    return back;
  }

  @Test
  void manyVisitorsAtOnce_eachHasItsOwnBytes() throws Exception {
    CyclicBarrier all = new CyclicBarrier(VISITORS);
    LocalService service =
        node.service(socket -> {
          awaitAll(all);
          socket.getInputStream().transferTo(socket.getOutputStream());
        });
    int port = tunnel(service);

    List<CompletableFuture<String>> answers = new ArrayList<>();
    for (int i = 0; i < VISITORS; i++) {
      answers.add(Octets.exchange(node.visit(port), i, 50_000 + i));
    }
    for (int i = 0; i < VISITORS; i++) {
      assertThat(answers.get(i).get(30, TimeUnit.SECONDS))
          .as("visitor %s", i)
          .isEqualTo(Octets.digest(i, 50_000 + i));
    }
  }

  @Test
  void manyRequestsAtOnce_eachHasItsOwnAnswer() throws Exception {
    CyclicBarrier all = new CyclicBarrier(VISITORS);
    LocalService service =
        node.service(socket -> {
          String path = Wire.path(Wire.head(socket.getInputStream()));
          awaitAll(all);
          Wire.send(
              socket, "HTTP/1.1 200 OK\r\nContent-Length: " + path.length() + "\r\n\r\n" + path);
        });
    Command ssh =
        node.start(node.ssh("ann").forward("foo:80:127.0.0.1:" + service.port()).console());
    ssh.awaitOut("HTTP: ");

    List<CompletableFuture<String>> answers = new ArrayList<>();
    for (int i = 0; i < VISITORS; i++) {
      Socket visitor = node.visit(node.httpPort());
      Wire.send(visitor, "GET /number/" + i + " HTTP/1.1\r\nHost: foo.localhost\r\n\r\n");
      answers.add(Octets.async(() -> Wire.answer(visitor.getInputStream()).body()));
    }
    for (int i = 0; i < VISITORS; i++) {
      assertThat(answers.get(i).get(30, TimeUnit.SECONDS)).isEqualTo("/number/" + i);
    }
  }

  @Test
  void serviceClosesAtOnce_slowReaderGetsAll() throws Exception {
    int length = 5 << 20;
    CountDownLatch closed = new CountDownLatch(1);
    LocalService service =
        node.service(socket -> {
          new Octets(7, length).transferTo(socket.getOutputStream());
          socket.close();
          closed.countDown();
        });
    Socket visitor = node.visit(tunnel(service), 16 << 10);
    InputStream slow = new SlowStream(visitor.getInputStream());

    assertThat(Octets.digest(slow)).isEqualTo(Octets.digest(7, length));
    assertThat(closed.getCount()).isZero();
  }

  private static void awaitAll(CyclicBarrier all) {
    try {
      all.await(20, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new IllegalStateException("not all came at once", e);
    }
  }
}
