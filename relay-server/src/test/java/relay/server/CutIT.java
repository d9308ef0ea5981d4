package relay.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Whoever gets only a part can tell it from the whole. */
class CutIT {

  private static final String CHUNKED =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nbegun\n\r\n";
  private static final String LENGTH = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbegun\n";

  @RegisterExtension final RelayNode node = RelayNode.with();

  private final CountDownLatch cut = new CountDownLatch(1);

  private static void request(Socket socket) throws IOException {
    Wire.head(socket.getInputStream());
  }

  private Command forward(LocalService service) {
    Command ssh =
        node.start(
            node.ssh("ann")
                .forward("foo:80:127.0.0.1:" + service.port())
                .forward("0:127.0.0.1:" + service.port())
                .console());
    ssh.awaitOut("HTTP: http://foo.localhost");
    return ssh;
  }

  private Command curl() {
    Command curl =
        node.start(
            List.of(
                "curl",
                "-sSN",
                "-H",
                "Host: foo.localhost",
                "http://127.0.0.1:" + node.httpPort() + "/"));
    curl.awaitOut("begun");
    return curl;
  }

  /** 18: less came than was announced; 56: the connection was reset. */
  private static void assertCut(Command curl) {
    assertThat(curl.exitStatus()).as(curl::toString).isIn(18, 56);
  }

  @Test
  void sshKilled_inChunkedAnswer() {
    assertKilledIsSeen(CHUNKED);
  }

  @Test
  void sshKilled_inAnswerWithLength() {
    assertKilledIsSeen(LENGTH);
  }

  @Test
  void sshKilled_inAnswerThatEndsWithTheConnection() {
    assertKilledIsSeen("HTTP/1.1 200 OK\r\n\r\nbegun\n");
  }

  private void assertKilledIsSeen(String answer) {
    Command ssh =
        forward(
            node.service(socket -> {
              request(socket);
              Wire.send(socket, answer);
              socket.getInputStream().read();
            }));
    Command curl = curl();
    ssh.signal("KILL");
    assertCut(curl);
  }

  @Test
  void sshKilled_inTcpDownload() throws Exception {
    Command ssh =
        forward(
            node.service(socket -> {
              Wire.send(socket, "begun");
              socket.getInputStream().read();
            }));
    int port = Integer.parseInt(ssh.awaitErr("Allocated port (\\d+) for remote forward"));
    Socket visitor = node.visit(port);
    assertThat(Wire.text(visitor.getInputStream(), 5)).isEqualTo("begun");
    ssh.signal("KILL");

    assertThatThrownBy(() -> visitor.getInputStream().read())
        .isInstanceOf(SocketException.class)
        .hasMessageContaining("reset");
  }

  @Test
  void serviceResets_inChunkedAnswer() {
    assertResetIsSeen(CHUNKED);
  }

  @Test
  void serviceResets_inAnswerWithLength() {
    assertResetIsSeen(LENGTH);
  }

  /**
   * A limit of stock ssh, not a wish: it sends EOF and CLOSE on a reset as on an end, and such a
   * body ends with the connection. Here only a length or chunks can tell a part from the whole.
   */
  @Test
  void serviceResets_inAnswerThatEndsWithTheConnection_cannotBeTold() {
    forward(
        node.service(socket -> {
          request(socket);
          Wire.send(socket, "HTTP/1.1 200 OK\r\n\r\nbegun\n");
          await(cut);
          socket.setSoLinger(true, 0);
        }));
    Command curl = curl();
    cut.countDown();
    assertThat(curl.exitStatus()).isZero();
  }

  private void assertResetIsSeen(String answer) {
    forward(
        node.service(socket -> {
          request(socket);
          Wire.send(socket, answer);
          await(cut);
          socket.setSoLinger(true, 0);
        }));
    Command curl = curl();
    cut.countDown();
    assertCut(curl);
  }

  @Test
  void visitorResets_serviceIsToldAndTheRestGoesOn() throws Exception {
    CountDownLatch ended = new CountDownLatch(1);
    Command ssh =
        forward(
            node.service(socket -> {
              Wire.send(socket, "begun");
              if (socket.getInputStream().read() < 0) {
                ended.countDown();
              }
            }));
    int port = Integer.parseInt(ssh.awaitErr("Allocated port (\\d+) for remote forward"));
    Socket visitor = node.visit(port);
    Wire.text(visitor.getInputStream(), 5);
    visitor.setSoLinger(true, 0);
    visitor.close();

    assertThat(ended.await(5, TimeUnit.SECONDS)).isTrue();
    assertThat(Wire.text(node.visit(port).getInputStream(), 5)).isEqualTo("begun");
  }

  @Test
  void visitorResetsBeforeTheAnswer_serviceIsTold() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    forward(
        node.service(socket -> {
          request(socket);
          asked.countDown();
          if (socket.getInputStream().read() < 0) {
            ended.countDown();
          }
        }));
    Socket visitor = node.visit(node.httpPort());
    Wire.send(visitor, "GET / HTTP/1.1\r\nHost: foo.localhost\r\n\r\n");
    await(asked);
    visitor.setSoLinger(true, 0);
    visitor.close();

    assertThat(ended.await(5, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void visitorLeavesInAnUpload_serviceDoesNotGetAWholeOne() throws Exception {
    CompletableFuture<String> uploaded = new CompletableFuture<>();
    CountDownLatch begun = new CountDownLatch(1);
    forward(
        node.service(socket -> {
          request(socket);
          String first = Wire.until(socket.getInputStream(), "abc\r\n");
          begun.countDown();
          uploaded.complete(first + Wire.rest(socket.getInputStream()));
        }));
    Socket visitor = node.visit(node.httpPort());
    Wire.send(
        visitor,
        "POST / HTTP/1.1\r\nHost: foo.localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    await(begun);
    visitor.close();

    assertThat(uploaded.get(5, TimeUnit.SECONDS)).isEqualTo("3\r\nabc\r\n");
  }

  @Test
  void sshKilled_afterAnUpgrade() throws Exception {
    Command ssh =
        forward(
            node.service(socket -> {
              request(socket);
              Wire.send(
                  socket,
                  "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
                      + "Upgrade: echo\r\n\r\nbegun");
              socket.getInputStream().read();
            }));
    Socket visitor = node.visit(node.httpPort());
    Wire.send(
        visitor,
        "GET / HTTP/1.1\r\nHost: foo.localhost\r\nConnection: Upgrade\r\n"
            + "Upgrade: echo\r\n\r\n");
    assertThat(Wire.head(visitor.getInputStream())).startsWith("HTTP/1.1 101");
    assertThat(Wire.text(visitor.getInputStream(), 5)).isEqualTo("begun");
    ssh.signal("KILL");

    assertThatThrownBy(() -> visitor.getInputStream().read())
        .isInstanceOf(SocketException.class)
        .hasMessageContaining("reset");
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
