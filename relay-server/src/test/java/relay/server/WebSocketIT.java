package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** WebSockets (RFC 6455): from the upgrade on, every octet passes in both directions. */
class WebSocketIT {

  private static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";

  @RegisterExtension final RelayNode node = RelayNode.with("--https-listen=localhost:0");

  private final CompletableFuture<String> serviceSaw = new CompletableFuture<>();

  @BeforeEach
  void open() {
    LocalService echo = node.service(this::echo);
    node.start(node.ssh("ann").forward("ws:80:127.0.0.1:" + echo.port()).console())
        .awaitOut("HTTP: ");
  }

  /** Greets in the packet of its answer, then sends every message back, the last the close. */
  private void echo(Socket socket) throws IOException {
    String head = Wire.head(socket.getInputStream());
    ByteArrayOutputStream first = new ByteArrayOutputStream();
    first.writeBytes(
        ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Accept: "
                + WebSocketFrame.accept(Wire.field(head, "sec-websocket-key"))
                + "\r\n\r\n")
            .getBytes(StandardCharsets.US_ASCII));
    first.writeBytes(WebSocketFrame.text("welcome").octets(false));
    socket.getOutputStream().write(first.toByteArray());
    WebSocketFrame frame;
    do {
      frame = WebSocketFrame.read(socket.getInputStream());
      socket.getOutputStream().write(frame.octets(false));
    } while (frame.opcode != WebSocketFrame.CLOSE);
    socket.shutdownOutput();
    int end = socket.getInputStream().read();
    serviceSaw.complete(end < 0 ? "end" : "octet " + end);
  }

  /** Connects; {@code early} is sent in one packet with the request. */
  private Socket connect(String scheme, byte[] early) throws IOException {
    Socket visitor =
        scheme.equals("ws")
            ? node.visit(node.httpPort())
            : new TlsVisitor(node.visit(node.httpsPort()), "ws.localhost", "TLSv1.3").tls;
    ByteArrayOutputStream first = new ByteArrayOutputStream();
    first.writeBytes(
        ("GET /chat HTTP/1.1\r\nHost: ws.localhost\r\nUpgrade: websocket\r\n"
                + "Connection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: "
                + KEY
                + "\r\n\r\n")
            .getBytes(StandardCharsets.US_ASCII));
    first.writeBytes(early);
    visitor.getOutputStream().write(first.toByteArray());
    String head = Wire.head(visitor.getInputStream());
    assertThat(head)
        .startsWith("HTTP/1.1 101")
        .containsIgnoringCase("upgrade: websocket")
        .containsIgnoringCase("connection: upgrade")
        .containsIgnoringCase("sec-websocket-accept: " + WebSocketFrame.accept(KEY));
    assertThat(WebSocketFrame.read(visitor.getInputStream()).text()).isEqualTo("welcome");
    return visitor;
  }

  @ParameterizedTest
  @ValueSource(strings = {"ws", "wss"})
  void messages_areEchoedAndTheCloseIsOrderly(String scheme) throws Exception {
    Socket visitor = connect(scheme, new byte[0]);
    for (int i = 0; i < 5; i++) {
      byte[] big = new Octets(i, 1 << 20).readAllBytes();
      CompletableFuture<Boolean> sent =
          Octets.run(() ->
              visitor
                  .getOutputStream()
                  .write(new WebSocketFrame(WebSocketFrame.BINARY, big).octets(true)));
      assertThat(WebSocketFrame.read(visitor.getInputStream()).payload).isEqualTo(big);
      sent.get(5, TimeUnit.SECONDS);
    }
    visitor
        .getOutputStream()
        .write(new WebSocketFrame(WebSocketFrame.CLOSE, new byte[] {3, (byte) 0xe8}).octets(true));

    WebSocketFrame close = WebSocketFrame.read(visitor.getInputStream());
    assertThat(close.opcode).isEqualTo(WebSocketFrame.CLOSE);
    assertThat(close.payload).containsExactly(3, 0xe8);
    assertThat(visitor.getInputStream().read()).isEqualTo(-1);
    visitor.close();
    assertThat(serviceSaw.get(5, TimeUnit.SECONDS)).isEqualTo("end");
  }

  @ParameterizedTest
  @ValueSource(strings = {"ws", "wss"})
  void octetsBehindTheRequest_areNotLost(String scheme) throws Exception {
    Socket visitor = connect(scheme, WebSocketFrame.text("early").octets(true));

    assertThat(WebSocketFrame.read(visitor.getInputStream()).text()).isEqualTo("early");
  }
}
