package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A local service that resets its connections in the middle of uploads. ssh closes the channel
 * while data for it is under way; one packet behind our own CLOSE, and ssh ends the whole session.
 */
class ResetServiceIT {

  private static final int UPLOADS = 80;
  private static final int AT_ONCE = 8;

  @RegisterExtension final RelayNode node = RelayNode.with();

  @Test
  void uploadsThatTheServiceResets_leaveTheSessionAlive() throws Exception {
    LocalService service =
        node.service(socket -> {
          socket.getInputStream().readNBytes(1_000);
          socket.setSoLinger(true, 0);
        });
    int port = LocalService.freePort();
    Command ssh =
        node.start(
            node.ssh("ann")
                .forward("foo:80:127.0.0.1:" + service.port())
                .forward(port + ":127.0.0.1:" + service.port())
                .console());
    ssh.awaitOut("HTTP: ");
    ssh.awaitOut("TCP: ");

    ExecutorService visitors = Executors.newFixedThreadPool(AT_ONCE);
    try {
      List<Future<?>> uploads = new ArrayList<>();
      for (int i = 0; i < UPLOADS; i++) {
        int to = i % 2 == 0 ? node.httpPort() : port;
        uploads.add(visitors.submit(() -> upload(to)));
      }
      for (Future<?> upload : uploads) {
        upload.get(20, TimeUnit.SECONDS);
      }
    } catch (TimeoutException e) {
      throw new AssertionError(ssh.toString(), e);
    } finally {
      visitors.shutdownNow();
    }
    assertThat(ssh.isAlive()).as(ssh.toString()).isTrue();
    node.awaitTunnels(2);
  }

  /** Sends until nobody takes it any more; the HTTP edge may read to the end and drop it. */
  private void upload(int to) {
    try (Socket visitor = new Socket(InetAddress.getLoopbackAddress(), to)) {
      visitor.setSoTimeout(20_000);
      OutputStream out = visitor.getOutputStream();
      String head = "POST / HTTP/1.1\r\nHost: foo.localhost\r\nContent-Length: 50000000\r\n\r\n";
      out.write(head.getBytes(StandardCharsets.US_ASCII));
      byte[] part = new byte[32 * 1024];
      for (int sent = 0; sent < 50_000_000; sent += part.length) {
        out.write(part);
      }
    } catch (IOException e) {
      assertThat(e).hasMessageMatching("(?i).*(reset|broken pipe).*");
    }
  }
}
