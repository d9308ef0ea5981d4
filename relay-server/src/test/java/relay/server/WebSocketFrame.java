package relay.server;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/** A frame of a WebSocket (RFC 6455 §5.2), always the whole of a message. */
final class WebSocketFrame {

  static final int TEXT = 1;
  static final int BINARY = 2;
  static final int CLOSE = 8;

  final int opcode;
  final byte[] payload;

  WebSocketFrame(int opcode, byte[] payload) {
    this.opcode = opcode;
    this.payload = payload;
  }

  static WebSocketFrame text(String text) {
    return new WebSocketFrame(TEXT, text.getBytes(StandardCharsets.UTF_8));
  }

  String text() {
    return new String(payload, StandardCharsets.UTF_8);
  }

  /** What the answer to an upgrade says for its key (§4.2.2). */
  static String accept(String key) {
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

  /**
   * As it is sent.
   *
   * @param masked whether the client sends it
   */
  byte[] octets(boolean masked) {
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

  static WebSocketFrame read(InputStream stream) throws IOException {
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
    return new WebSocketFrame(opcode, mask(payload, key));
  }

  private static byte[] mask(byte[] payload, byte[] key) {
    byte[] masked = new byte[payload.length];
    for (int i = 0; i < payload.length; i++) {
      masked[i] = (byte) (payload[i] ^ key[i & 3]);
    }
    return masked;
  }
}
