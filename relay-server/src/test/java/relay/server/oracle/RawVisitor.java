package relay.server.oracle;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** A visitor of raw octets, who reads answers by their framing and waits 20 s for anything. */
public final class RawVisitor implements AutoCloseable {

  /**
   * An answer.
   *
   * @param head up to and with the empty line
   * @param body without its chunks' sizes
   * @param trailers the lines behind the last chunk
   */
  public record Answer(int status, String head, String body, String trailers) {}

  private static final int PATIENCE_MILLIS = 20_000;

  private final Socket socket = new Socket();
  private final InputStream in;

  public RawVisitor(InetSocketAddress address) throws IOException {
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(PATIENCE_MILLIS);
    socket.connect(address, PATIENCE_MILLIS);
    in = new BufferedInputStream(socket.getInputStream());
  }

  public Socket socket() {
    return socket;
  }

  public InputStream in() {
    return in;
  }

  public RawVisitor say(String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    return this;
  }

  /** A final answer; interim ones before it are skipped. */
  public Answer answer() throws IOException {
    return answer(false);
  }

  public Answer answer(boolean toHead) throws IOException {
    String head = line("\r\n\r\n");
    int status = Integer.parseInt(head.substring(9, 12));
    if (status < 200 && status != 101) {
      return answer(toHead);
    }
    String lower = head.toLowerCase(Locale.ROOT);
    if (toHead || status == 101 || status == 204 || status == 304) {
      return new Answer(status, head, "", "");
    }
    int at = lower.indexOf("\r\ncontent-length: ");
    if (at >= 0) {
      int length = Integer.parseInt(lower.substring(at + 18, lower.indexOf('\r', at + 2)));
      return new Answer(status, head, text(length), "");
    }
    if (lower.contains("\r\ntransfer-encoding: chunked\r\n")) {
      StringBuilder body = new StringBuilder();
      for (int size = size(); size > 0; size = size()) {
        body.append(text(size));
        text(2);
      }
      StringBuilder trailers = new StringBuilder();
      for (String line = line("\r\n"); !line.equals("\r\n"); line = line("\r\n")) {
        trailers.append(line);
      }
      return new Answer(status, head, body.toString(), trailers.toString());
    }
    return new Answer(status, head, rest(), "");
  }

  private int size() throws IOException {
    return Integer.parseInt(line("\r\n").strip(), 16);
  }

  /** Reads up to and with {@code end}. */
  public String line(String end) throws IOException {
    return line(in, end);
  }

  /** Reads up to and with {@code end}, and no octet more. */
  public static String line(InputStream in, String end) throws IOException {
    StringBuilder text = new StringBuilder();
    while (text.length() < end.length() || text.indexOf(end, text.length() - end.length()) < 0) {
      int octet = in.read();
      if (octet < 0) {
        throw new EOFException("ended after '" + text + "'");
      }
      text.append((char) octet);
    }
    return text.toString();
  }

  public String text(int length) throws IOException {
    return text(in, length);
  }

  /** Reads so many octets. */
  public static String text(InputStream in, int length) throws IOException {
    byte[] octets = in.readNBytes(length);
    if (octets.length < length) {
      throw new EOFException(octets.length + " of " + length + " octets");
    }
    return new String(octets, StandardCharsets.ISO_8859_1);
  }

  /** All until the connection ends. */
  public String rest() throws IOException {
    return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
  }

  /** Leaves with an RST. */
  public void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
