package relay.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How connections with TLS end: whole with close_notify, cut without. */
class TlsEndsIT {

  private static final String GET = "GET / HTTP/1.1\r\nHost: foo.localhost\r\n\r\n";
  private static final String GET10 = "GET / HTTP/1.0\r\nHost: foo.localhost\r\n\r\n";
  private static final String UPGRADE =
      "GET / HTTP/1.1\r\nHost: foo.localhost\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n";
  private static final String SWITCHED =
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n";
  private static final String NOTIFIED = "<<< TLS 1.[23], Alert .*, warning close_notify";

  @RegisterExtension final RelayNode node = RelayNode.with("--https-listen=localhost:0");

  private final CountDownLatch asked = new CountDownLatch(1);
  private final CountDownLatch ended = new CountDownLatch(1);

  private Command forward(LocalService.Connection service) {
    Command ssh =
        node.start(
            node.ssh("ann").forward("foo:80:127.0.0.1:" + node.service(service).port()).console());
    ssh.awaitOut("HTTP: ");
    return ssh;
  }

  private TlsVisitor visitor(String version) throws IOException {
    return new TlsVisitor(node.visit(node.httpsPort()), "foo.localhost", version);
  }

  private Command openssl(String version, String request) throws IOException {
    Command visitor = node.tls("foo.localhost", "-tls1_" + version, "-quiet", "-ign_eof");
    visitor.stdin().write(request.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    visitor.stdin().flush();
    return visitor;
  }

  @ParameterizedTest
  @ValueSource(strings = {"2", "3"})
  void answerThatEndsWithTheConnection_whole_isSaidToBe(String version) throws Exception {
    forward(socket -> {
      Wire.head(socket.getInputStream());
      Wire.send(socket, "HTTP/1.1 200 OK\r\n\r\nall of it\n");
    });
    Command visitor = openssl(version, GET10);
    visitor.awaitOut("all of it");
    visitor.awaitOut(NOTIFIED);
    visitor.exitStatus();
  }

  @ParameterizedTest
  @ValueSource(strings = {"2", "3"})
  void answerThatEndsWithTheConnection_cut_isNotSaidToBeWhole(String version) throws Exception {
    Command ssh =
        forward(socket -> {
          Wire.head(socket.getInputStream());
          Wire.send(socket, "HTTP/1.1 200 OK\r\n\r\nbegun\n");
          socket.getInputStream().read();
        });
    Command visitor = openssl(version, GET10);
    visitor.awaitOut("begun");
    ssh.signal("KILL");
    visitor.exitStatus();
    assertThat(visitor.out()).doesNotContain("close_notify");
    assertThat(visitor.err()).contains("errno=104"); // ECONNRESET
  }

  @Test
  void answerInChunks_cut_isNotSaidToBeWhole() throws Exception {
    Command ssh =
        forward(socket -> {
          Wire.head(socket.getInputStream());
          Wire.send(
              socket, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nbegun\n\r\n");
          socket.getInputStream().read();
        });
    Command visitor = openssl("3", GET);
    visitor.awaitOut("begun");
    ssh.signal("KILL");
    visitor.exitStatus();
    assertThat(visitor.out()).doesNotContain("close_notify");
  }

  @Test
  void closeNotify_isAHalfClose_andTheAnswerComes() throws Exception {
    forward(socket -> {
      Wire.head(socket.getInputStream());
      asked.countDown();
      await(ended);
      Wire.send(socket, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate");
      socket.getInputStream().read();
    });
    TlsVisitor visitor = visitor("TLSv1.3");
    visitor.say(GET);
    await(asked);
    visitor.tls.shutdownOutput();
    ended.countDown();
    assertThat(Wire.answer(visitor.in()).body()).isEqualTo("late");
    assertThat(visitor.in().read()).isEqualTo(-1);
  }

  @Test
  void closeNotifyInAnUpload_theServiceDoesNotGetAWholeOne() throws Exception {
    CompletableFuture<String> uploaded = new CompletableFuture<>();
    forward(socket -> {
      Wire.head(socket.getInputStream());
      String first = Wire.until(socket.getInputStream(), "abc\r\n");
      asked.countDown();
      uploaded.complete(first + Wire.rest(socket.getInputStream()));
    });
    TlsVisitor visitor = visitor("TLSv1.3");
    visitor.say(
        "POST / HTTP/1.1\r\nHost: foo.localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    await(asked);
    visitor.tls.shutdownOutput();
    assertThat(uploaded.get(5, TimeUnit.SECONDS)).isEqualTo("3\r\nabc\r\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void finWithoutCloseNotify_isACut(String version) throws Exception {
    forward(socket -> {
      Wire.head(socket.getInputStream());
      asked.countDown();
      if (socket.getInputStream().read() < 0) {
        ended.countDown();
      }
    });
    TlsVisitor visitor = visitor(version);
    visitor.say(GET);
    await(asked);
    visitor.tcp.shutdownOutput();
    await(ended);
  }

  @Test
  void closeNotifyOfTls12_endsTheConnection() throws Exception {
    forward(socket -> {
      Wire.head(socket.getInputStream());
      asked.countDown();
      if (socket.getInputStream().read() < 0) {
        ended.countDown();
      }
    });
    TlsVisitor visitor = visitor("TLSv1.2");
    visitor.say(GET);
    await(asked);
    visitor.tls.shutdownOutput();
    await(ended);
    assertThat(visitor.tcp.getInputStream().readAllBytes()).isNotEmpty(); // its close_notify
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void upgrade_bytesBothWays_evenBehindTheHeads(String version) throws Exception {
    forward(socket -> {
      Wire.head(socket.getInputStream());
      Wire.send(socket, SWITCHED + "welcome");
      socket.getInputStream().transferTo(socket.getOutputStream());
      socket.shutdownOutput();
    });
    TlsVisitor visitor = visitor(version);
    visitor.say(UPGRADE + "early");
    assertThat(Wire.head(visitor.in())).startsWith("HTTP/1.1 101");
    assertThat(Wire.text(visitor.in(), 12)).isEqualTo("welcomeearly");
    long length = 20 << 20;
    CompletableFuture<Boolean> sent =
        Octets.run(() -> new Octets(3, length).transferTo(visitor.tls.getOutputStream()));
    assertThat(Octets.digest(Wire.limited(visitor.in(), length)))
        .isEqualTo(Octets.digest(3, length));
    sent.get(5, TimeUnit.SECONDS);
  }

  @Test
  void upgrade_visitorEndsFirst_theServiceMayFinish() throws Exception {
    CompletableFuture<String> seen = new CompletableFuture<>();
    forward(socket -> {
      Wire.head(socket.getInputStream());
      Wire.send(socket, SWITCHED);
      seen.complete(Wire.rest(socket.getInputStream()));
      Wire.send(socket, "the last word");
    });
    TlsVisitor visitor = visitor("TLSv1.3");
    visitor.say(UPGRADE);
    Wire.head(visitor.in());
    visitor.say("question");
    visitor.tls.shutdownOutput();
    assertThat(seen.get(5, TimeUnit.SECONDS)).isEqualTo("question");
    assertThat(Wire.rest(visitor.in())).isEqualTo("the last word");
  }

  @Test
  void upgrade_visitorEndsWithTheHead_theServiceMayFinish() throws Exception {
    CompletableFuture<String> seen = new CompletableFuture<>();
    forward(socket -> {
      Wire.head(socket.getInputStream());
      asked.countDown();
      await(ended);
      Wire.send(socket, SWITCHED);
      seen.complete(Wire.rest(socket.getInputStream()));
      Wire.send(socket, "the last word");
    });
    TlsVisitor visitor = visitor("TLSv1.3");
    visitor.say(UPGRADE);
    await(asked);
    visitor.tls.shutdownOutput();
    ended.countDown();
    Wire.head(visitor.in());
    assertThat(seen.get(5, TimeUnit.SECONDS)).isEmpty();
    assertThat(Wire.rest(visitor.in())).isEqualTo("the last word");
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void upgrade_serviceEndsFirst_theVisitorMayFinish(String version) throws Exception {
    CompletableFuture<String> seen = new CompletableFuture<>();
    forward(socket -> {
      Wire.head(socket.getInputStream());
      Wire.send(socket, SWITCHED + "all");
      socket.shutdownOutput();
      seen.complete(Wire.rest(socket.getInputStream()));
    });
    TlsVisitor visitor = visitor(version);
    visitor.say(UPGRADE);
    Wire.head(visitor.in());
    assertThat(Wire.text(visitor.in(), 3)).isEqualTo("all");
    if (version.equals("TLSv1.3")) { // of 1.2, Java's client takes the end for one of both sides
      assertThat(visitor.in().read()).isEqualTo(-1);
    }
    visitor.say("still here");
    visitor.tls.shutdownOutput();
    assertThat(seen.get(5, TimeUnit.SECONDS)).isEqualTo("still here");
  }

  @Test
  void upgrade_cut_isSeenOnBothSides() throws Exception {
    Command ssh =
        forward(socket -> {
          Wire.head(socket.getInputStream());
          Wire.send(socket, SWITCHED + "begun");
          socket.getInputStream().read();
        });
    TlsVisitor visitor = visitor("TLSv1.3");
    visitor.say(UPGRADE);
    Wire.head(visitor.in());
    assertThat(Wire.text(visitor.in(), 5)).isEqualTo("begun");
    ssh.signal("KILL");
    assertThatThrownBy(() -> visitor.in().read())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("reset");
  }

  @Test
  void earlyAnswerToAnUpload_arrivesWhole() throws Exception {
    forward(socket -> {
      Wire.head(socket.getInputStream());
      Wire.send(
          socket,
          "HTTP/1.1 413 Too Large\r\nContent-Length: 7\r\nConnection: close\r\n\r\ntoo big");
      socket.getInputStream().read();
    });
    TlsVisitor visitor = visitor("TLSv1.3");
    visitor.say("PUT / HTTP/1.1\r\nHost: foo.localhost\r\nContent-Length: 1000000\r\n\r\nabc");
    Wire.Answer answer = Wire.answer(visitor.in());
    assertThat(answer.body()).isEqualTo("too big");
    assertThat(visitor.in().read()).isEqualTo(-1);
    visitor.say(
        "more of it"); // read and dropped for a while, or a reset would take the answer back
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
