package relay.server.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.EventLoopGroup;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import relay.common.stream.Transport;

class AdminListenerTest {

  private final Transport transport = Transport.best();
  private final EventLoopGroup loops = transport.group("test", 1);
  private final AtomicBoolean ready = new AtomicBoolean();
  private final AdminListener listener = new AdminListener(transport, loops, ready::get);
  private InetSocketAddress address;

  @BeforeEach
  void bind() throws Exception {
    address = listener.bind(List.of(new InetSocketAddress(NetUtil.LOCALHOST4, 0))).get().get(0);
  }

  @AfterEach
  void close() {
    listener.close().syncUninterruptibly();
    loops.shutdownGracefully();
  }

  @ParameterizedTest
  @CsvSource({
    "GET /healthz HTTP/1.1, true, 200 OK",
    "GET /healthz HTTP/1.1, false, 200 OK",
    "GET /readyz HTTP/1.1, true, 200 OK",
    "GET /readyz?verbose HTTP/1.1, true, 200 OK",
    "GET /readyz HTTP/1.0, false, 503 Service Unavailable",
    "POST /readyz HTTP/1.1, true, 405 Method Not Allowed",
    "GET / HTTP/1.1, true, 404 Not Found",
    "GET /healthzz HTTP/1.1, true, 404 Not Found",
    "GET /../healthz HTTP/1.1, true, 404 Not Found",
    "nonsense, true, 400 Bad Request",
  })
  void request_isAnswered_andTheConnectionClosed(String line, boolean isReady, String status)
      throws IOException {
    ready.set(isReady);
    assertThat(ask(line + "\r\nHost: x\r\n\r\n"))
        .startsWith("HTTP/1.1 " + status + "\r\n")
        .containsIgnoringCase("connection: close\r\n");
  }

  @Test
  void healthz_saysOk() throws IOException {
    assertThat(ask("GET /healthz HTTP/1.1\r\n\r\n")).endsWith("\r\n\r\nok\n");
    assertThat(ask("HEAD /healthz HTTP/1.1\r\n\r\n"))
        .containsIgnoringCase("content-length: 3\r\n")
        .endsWith("\r\n\r\n");
  }

  @Test
  void pipelinedRequests_getOneAnswer() throws IOException {
    String request = "GET /healthz HTTP/1.1\r\n\r\n";
    assertThat(ask(request + request)).containsOnlyOnce("HTTP/1.1");
  }

  @Test
  void headersWithoutEnd_areRefused() throws IOException {
    assertThat(ask("GET /healthz HTTP/1.1\r\nX: " + "a".repeat(9000)))
        .startsWith("HTTP/1.1 400 Bad Request");
  }

  private String ask(String request) throws IOException {
    try (Socket socket = new Socket(address.getAddress(), address.getPort())) {
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    }
  }
}
