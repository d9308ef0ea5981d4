package relay.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.util.List;
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
