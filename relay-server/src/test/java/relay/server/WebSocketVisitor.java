package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;

/** A browser's side of a WebSocket (RFC 6455), on a connection of any kind. */
final class WebSocketVisitor {

  private static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";

  private final Socket socket;

  private WebSocketVisitor(Socket socket) {
    this.socket = socket;
  }

  /**
   * Asks for the upgrade, which is granted.
   *
   * @param fields more header fields, each a line
   */
  static WebSocketVisitor open(Socket socket, String host, String target, String... fields)
      throws IOException {
    StringBuilder request = new StringBuilder("GET " + target + " HTTP/1.1\r\n");
    request.append("Host: ").append(host).append("\r\n");
    request.append("Upgrade: websocket\r\nConnection: Upgrade\r\n");
    request.append("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ").append(KEY).append("\r\n");
    for (String field : fields) {
      request.append(field).append("\r\n");
    }
    Wire.send(socket, request.append("\r\n").toString());
    assertThat(Wire.head(socket.getInputStream()))
        .startsWith("HTTP/1.1 101")
        .containsIgnoringCase("sec-websocket-accept: " + WebSocketFrame.accept(KEY));
    return new WebSocketVisitor(socket);
  }

  void send(String text) throws IOException {
    socket.getOutputStream().write(WebSocketFrame.text(text).octets(true));
    socket.getOutputStream().flush();
  }

  /** The next text message. */
  String next() throws IOException {
    while (true) {
      WebSocketFrame frame = WebSocketFrame.read(socket.getInputStream());
      if (frame.opcode == WebSocketFrame.TEXT) {
        return frame.text();
      }
      assertThat(frame.opcode).isNotEqualTo(WebSocketFrame.CLOSE);
    }
  }
}
