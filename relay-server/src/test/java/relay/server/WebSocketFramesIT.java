package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import relay.server.oracle.RawVisitor;

/**
 * The cases of WebSocket test suites as octets: whatever frames a peer sends arrive as sent, not
 * re-framed, not masked anew, not answered by the relay. And who is let through to that: only a 101
 * that was asked for.
 */
class WebSocketFramesIT {

  private static final int CONTINUATION = 0;
  private static final int TEXT = 1;
  private static final int BINARY = 2;
  private static final int CLOSE = 8;
  private static final int PING = 9;
  private static final int PONG = 10;

  private static final String WISH =
      "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
          + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  private static final String GRANT =
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
          + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

  @RegisterExtension final RelayNode node = RelayNode.with();

  private final Queue<String> heads = new ConcurrentLinkedQueue<>();

  /** By path: an echo, or an answer that it is wrong to give. */
  @BeforeEach
  void open() {
    LocalService service = node.service(this::serve);
    node.start(node.ssh("ann").forward("foo:80:127.0.0.1:" + service.port()).console())
        .awaitOut("HTTP: ");
  }

  private void serve(Socket socket) throws IOException {
    while (true) {
      String head = Wire.head(socket.getInputStream());
      heads.add(head);
      switch (Wire.path(head)) {
        case "/echo" -> {
          Wire.send(socket, GRANT);
          socket.getInputStream().transferTo(socket.getOutputStream());
          return;
        }
        case "/fake" -> Wire.send(socket, GRANT + "raw octets");
        case "/other" -> Wire.send(socket, GRANT.replace("websocket", "chat") + "raw octets");
        case "/two" -> Wire.send(socket, GRANT.replace("websocket", "websocket, h2c") + "raw");
        case "/bare" -> Wire.send(socket, "HTTP/1.1 101 Go\r\n\r\nraw octets");
        case "/no" -> Wire.send(socket, "HTTP/1.1 426 No\r\nContent-Length: 2\r\n\r\nno");
        default -> Wire.send(socket, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhttp");
      }
    }
  }

  private static String get(String path, String more) {
    return "GET " + path + " HTTP/1.1\r\nHost: foo.localhost\r\n" + more + "\r\n";
  }

  private RawVisitor visitor() throws IOException {
    return node.closing(new RawVisitor(node.httpAddress()));
  }

  private RawVisitor upgraded() throws IOException {
    RawVisitor visitor = visitor();
    RawVisitor.Answer answer = visitor.say(get("/echo", WISH)).answer();
    assertThat(answer.status()).isEqualTo(101);
    assertThat(answer.head()).contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    return visitor;
  }

  /** A frame in the shortest form, masked. */
  private static byte[] frame(boolean last, int opcode, byte[] payload) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write((last ? 0x80 : 0) | opcode);
    if (payload.length < 126) {
      out.write(0x80 | payload.length);
    } else if (payload.length < 1 << 16) {
      out.write(0x80 | 126);
      out.write(payload.length >>> 8);
      out.write(payload.length);
    } else {
      out.write(0x80 | 127);
      for (int shift = 56; shift >= 0; shift -= 8) {
        out.write((int) ((long) payload.length >>> shift));
      }
    }
    byte[] mask = {(byte) payload.length, 0x0d, 0x0a, (byte) opcode};
    out.writeBytes(mask);
    for (int i = 0; i < payload.length; i++) {
      out.write(payload[i] ^ mask[i & 3]);
    }
    return out.toByteArray();
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] closing(int code, String reason) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(code >>> 8);
    out.write(code);
    out.writeBytes(text(reason));
    return frame(true, CLOSE, out.toByteArray());
  }

  private static byte[] together(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  private static void assertEchoed(RawVisitor visitor, byte[] octets, int piece) throws Exception {
    CompletableFuture<Boolean> sent =
        Octets.run(() -> {
          for (int at = 0; at < octets.length; at += piece) {
            int end = Math.min(octets.length, at + piece);
            visitor.socket().getOutputStream().write(octets, at, end - at);
          }
        });
    byte[] back = visitor.in().readNBytes(octets.length);
    assertThat(Arrays.equals(back, octets)).isTrue();
    sent.get(20, TimeUnit.SECONDS);
  }

  @Test
  void frames_ofEveryLengthForm_passUnchanged() throws Exception {
    RawVisitor visitor = upgraded();
    SplittableRandom random = new SplittableRandom(1);
    for (int length : new int[] {0, 1, 125, 126, 127, 128, 65_535, 65_536, 65_537, 131_072}) {
      byte[] payload = new byte[length];
      random.nextBytes(payload);
      assertEchoed(visitor, frame(true, BINARY, payload), 1 + random.nextInt(20_000));
    }
  }

  @Test
  void fragments_withPingsBetween_passUnchanged() throws Exception {
    byte[] message =
        together(
            frame(false, TEXT, text("frag")),
            frame(true, PING, text("are you there")),
            frame(false, CONTINUATION, text("")),
            frame(true, PONG, text("unasked")),
            frame(false, CONTINUATION, text("ment \u00e9")),
            frame(true, PING, new byte[125]),
            frame(true, CONTINUATION, text("ed")));
    assertEchoed(upgraded(), message, message.length);
    assertEchoed(upgraded(), message, 1);
  }

  /** Reserved bits and opcodes, a fragmented ping, a length that is not the shortest. */
  @Test
  void frames_thatBreakTheRules_areTheServicesToJudge() throws Exception {
    byte[] ping = frame(false, PING, text("x"));
    byte[] reserved = frame(true, 3, text("y"));
    reserved[0] |= 0x70;
    byte[] longForm = {(byte) 0x81, (byte) 0xfe, 0, 1, 1, 2, 3, 4, 'z' ^ 1};
    assertEchoed(upgraded(), together(ping, reserved, longForm), 3);
  }

  @Test
  void frame_of16MB_passesUnchanged() throws Exception {
    byte[] frame = frame(true, BINARY, new Octets(3, 16 << 20).readAllBytes());
    assertEchoed(upgraded(), frame, 1 << 20);
  }

  @Test
  void close_codesAndReasons_passUnchanged() throws Exception {
    for (byte[] close :
        new byte[][] {
          frame(true, CLOSE, new byte[0]),
          closing(1000, ""),
          closing(1001, "going away"),
          closing(3000, "a reason of \u00fcnusual l\u00e9ngth ".repeat(4).substring(0, 100)),
          closing(4999, "x".repeat(123)),
          closing(1005, "must not be sent"),
        }) {
      RawVisitor visitor = upgraded();
      assertEchoed(visitor, close, close.length);
      visitor.socket().shutdownOutput();
      assertThat(visitor.in().read()).isEqualTo(-1);
    }
  }

  @Test
  void octetsWithTheRequest_reachTheServiceAfterTheGrant() throws Exception {
    RawVisitor visitor = visitor();
    byte[] early = frame(true, TEXT, text("early"));
    visitor
        .socket()
        .getOutputStream()
        .write(together(get("/echo", WISH).getBytes(StandardCharsets.ISO_8859_1), early));
    assertThat(visitor.answer().status()).isEqualTo(101);
    assertThat(visitor.in().readNBytes(early.length)).isEqualTo(early);
    assertEchoed(visitor, early, early.length);
  }

  @Test
  void grant_notAskedFor_502() throws Exception {
    String[][] visits = {
      {"/fake", ""},
      {"/fake", WISH.replace("Connection: Upgrade\r\n", "")},
      {"/fake", WISH.replace("websocket", "chat")},
      {"/fake", WISH + "Content-Length: 0\r\nTransfer-Encoding:\r\n"},
      {"/other", WISH},
      {"/two", WISH},
      {"/bare", WISH},
    };
    for (String[] visit : visits) {
      RawVisitor visitor = visitor();
      RawVisitor.Answer page = visitor.say(get(visit[0], visit[1])).answer();
      if (visit[1].contains("Transfer-Encoding")) {
        assertThat(page.status()).isEqualTo(400);
        continue;
      }
      assertThat(page.head()).startsWith("HTTP/1.1 502 ").contains("RELAY-502-BAD-ANSWER");
      assertThat(page.body()).doesNotContain("raw");
      assertThat(visitor.say(get("/", "")).answer().body()).isEqualTo("http");
    }
  }

  /** What the visitor took for frames are requests then, and are read as such. */
  @Test
  void wish_notGranted_connectionStaysHttp() throws Exception {
    RawVisitor visitor = visitor();
    visitor.say(get("/no", WISH) + get("/", ""));
    assertThat(visitor.answer().body()).isEqualTo("no");
    assertThat(visitor.answer().body()).isEqualTo("http");

    visitor.say(get("/no", WISH));
    visitor.socket().getOutputStream().write(frame(true, TEXT, text("GET /evil HTTP/1.1\r\n\r\n")));
    assertThat(visitor.answer().body()).isEqualTo("no");
    assertThat(visitor.answer().status()).isEqualTo(400);
    assertThat(visitor.rest()).isEmpty();
    assertThat(heads).noneMatch(head -> head.contains("evil"));
  }

  @Test
  void wishForH2c_isNotForwarded() throws Exception {
    String h2c =
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n";
    assertThat(visitor().say(get("/", h2c)).answer().body()).isEqualTo("http");
    assertThat(heads)
        .singleElement()
        .asString()
        .doesNotContainIgnoringCase("upgrade")
        .doesNotContainIgnoringCase("http2-settings");

    RawVisitor both = visitor();
    both.say(get("/echo", WISH.replace("websocket", "h2c, websocket")));
    assertThat(both.answer().status()).isEqualTo(101);
    assertThat(heads).noneMatch(head -> head.contains("h2c"));
  }
}
