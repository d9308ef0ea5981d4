package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** WebSockets (RFC 6455): from the upgrade on, every octet passes in both directions. */
class WebSocketIT {

  private static final int TEXT = 1;
  private static final int BINARY = 2;
  private static final int CLOSE = 8;
  private static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";

  @RegisterExtension final RelayNode node = RelayNode.with("--https-listen=localhost:0");

  private final CompletableFuture<String> serviceSaw = new CompletableFuture<>();

  private static final class Frame {
    private final int opcode;
    private final byte[] payload;

    Frame(int opcode, byte[] payload) {
      this.opcode = opcode;
      this.payload = payload;
    }

    String text() {
      return new String(payload, StandardCharsets.UTF_8);
    }
  }

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
                + accept(Wire.field(head, "sec-websocket-key"))
                + "\r\n\r\n")
            .getBytes(StandardCharsets.US_ASCII));
    first.writeBytes(frame(TEXT, "welcome".getBytes(StandardCharsets.UTF_8), false));
    socket.getOutputStream().write(first.toByteArray());
    Frame frame;
    do {
      frame = read(socket.getInputStream());
      socket.getOutputStream().write(frame(frame.opcode, frame.payload, false));
    } while (frame.opcode != CLOSE);
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
        .containsIgnoringCase("sec-websocket-accept: " + accept(KEY));
    assertThat(read(visitor.getInputStream()).text()).isEqualTo("welcome");
    return visitor;
  }

  @ParameterizedTest
  @ValueSource(strings = {"ws", "wss"})
  void messages_areEchoedAndTheCloseIsOrderly(String scheme) throws Exception {
    Socket visitor = connect(scheme, new byte[0]);
    for (int i = 0; i < 5; i++) {
      byte[] big = new Octets(i, 1 << 20).readAllBytes();
      CompletableFuture<Boolean> sent =
          Octets.run(() -> visitor.getOutputStream().write(frame(BINARY, big, true)));
      assertThat(read(visitor.getInputStream()).payload).isEqualTo(big);
      sent.get(5, TimeUnit.SECONDS);
    }
    visitor.getOutputStream().write(frame(CLOSE, new byte[] {3, (byte) 0xe8}, true));

    Frame close = read(visitor.getInputStream());
    assertThat(close.opcode).isEqualTo(CLOSE);
    assertThat(close.payload).containsExactly(3, 0xe8);
    assertThat(visitor.getInputStream().read()).isEqualTo(-1);
    visitor.close();
    assertThat(serviceSaw.get(5, TimeUnit.SECONDS)).isEqualTo("end");
  }

  @ParameterizedTest
  @ValueSource(strings = {"ws", "wss"})
  void octetsBehindTheRequest_areNotLost(String scheme) throws Exception {
    Socket visitor = connect(scheme, frame(TEXT, "early".getBytes(StandardCharsets.UTF_8), true));

    assertThat(read(visitor.getInputStream()).text()).isEqualTo("early");
  }

  private static String accept(String key) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-1")
              .digest(
                  (key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
                      .getBytes(StandardCharsets.US_ASCII));
      return Base64.getEncoder().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] frame(int opcode, byte[] payload, boolean masked) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int mask = masked ? 0x80 : 0;
    out.write(0x80 | opcode);
    if (payload.length < 126) {
      out.write(mask | payload.length);
    } else {
      out.write(mask | 127);
      for (int shift = 56; shift >= 0; shift -= 8) {
        out.write((int) ((long) payload.length >>> shift));
      }
    }
    byte[] key = masked ? new byte[] {1, 2, 3, 4} : new byte[4];
    if (masked) {
      out.writeBytes(key);
    }
    out.writeBytes(mask(payload, key));
    return out.toByteArray();
  }

  private static Frame read(InputStream stream) throws IOException {
    DataInputStream in = new DataInputStream(stream);
    int opcode = in.readUnsignedByte() & 0x0f;
    int second = in.readUnsignedByte();
    long length = second & 0x7f;
    if (length == 126) {
      length = in.readUnsignedShort();
    } else if (length == 127) {
      length = in.readLong();
    }
    byte[] key = new byte[4];
    if ((second & 0x80) != 0) {
      in.readFully(key);
    }
    byte[] payload = new byte[(int) length];
    in.readFully(payload);
    return new Frame(opcode, mask(payload, key));
  }

  private static byte[] mask(byte[] payload, byte[] key) {
    byte[] masked = new byte[payload.length];
    for (int i = 0; i < payload.length; i++) {
      masked[i] = (byte) (payload[i] ^ key[i & 3]);
    }
    return masked;
  }
}
