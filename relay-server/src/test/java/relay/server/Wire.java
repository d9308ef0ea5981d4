package relay.server;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import relay.server.oracle.RawVisitor;

/** HTTP/1.1 by hand, for what no library sends or shows. */
final class Wire {

  /**
   * A whole answer.
   *
   * @param head up to and with the empty line
   */
  record Answer(String head, String body) {
    String status() {
      return head.split(" ", -1)[1];
    }
  }

  private Wire() {}

  static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    socket.getOutputStream().flush();
  }

  /** Reads up to and with the empty line, and no octet more. */
  static String head(InputStream in) throws IOException {
    return until(in, "\r\n\r\n");
  }

  /** Reads up to and with {@code end}, and no octet more. */
  static String until(InputStream in, String end) throws IOException {
    return RawVisitor.line(in, end);
  }

  /** Reads so many octets. */
  static String text(InputStream in, int length) throws IOException {
    return RawVisitor.text(in, length);
  }

  /** Reads to the end. */
  static String rest(InputStream in) throws IOException {
    return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
  }

  /** As much of a stream. */
  static InputStream limited(InputStream in, long length) {
    return new InputStream() {
      private long left = length;

      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] into, int offset, int wanted) throws IOException {
        if (left == 0) {
          return -1;
        }
        int n = in.read(into, offset, (int) Math.min(wanted, left));
        left -= Math.max(n, 0);
        return n;
      }
    };
  }

  /** Reads an answer that says its length, or none. */
  static Answer answer(InputStream in) throws IOException {
    String head = head(in);
    boolean bodyless = !head.toLowerCase(Locale.ROOT).contains("\r\ncontent-length:");
    int length = bodyless ? 0 : Integer.parseInt(field(head, "content-length"));
    return new Answer(head, text(in, length));
  }

  /** The target of a request's head. */
  static String path(String head) {
    int start = head.indexOf(' ') + 1;
    return head.substring(start, head.indexOf(' ', start));
  }

  /** The value of a header field, which is there. */
  static String field(String head, String name) {
    return head.lines()
        .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name + ":"))
        .map(line -> line.substring(name.length() + 1).strip())
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + name + " in " + head));
  }
}
