package relay.server.edge.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A visitor of raw octets, who waits 10 s for anything. */
final class Visitor implements AutoCloseable {

  final Socket socket = new Socket();
  private final InputStream in;

  Visitor(InetSocketAddress address) throws IOException {
    socket.connect(address, 10_000);
    socket.setSoTimeout(10_000);
    in = socket.getInputStream();
  }

  Visitor say(String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    return this;
  }

  /** Reads to and with {@code end}, or to the end of the connection. */
  String until(String end) throws IOException {
    StringBuilder text = new StringBuilder();
    while (text.indexOf(end, Math.max(0, text.length() - end.length())) < 0) {
      int octet = in.read();
      if (octet < 0) {
        break;
      }
      text.append((char) octet);
    }
    return text.toString();
  }

  /** A head and as much body as its Content-Length says. */
  String answer() throws IOException {
    String head = until("\r\n\r\n");
    int at = head.toLowerCase(java.util.Locale.ROOT).indexOf("content-length: ");
    int length = at < 0 ? 0 : Integer.parseInt(head.substring(at + 16, head.indexOf('\r', at)));
    return head + exactly(length);
  }

  String exactly(int length) throws IOException {
    return new String(in.readNBytes(length), StandardCharsets.ISO_8859_1);
  }

  /** All until the connection ends. */
  String rest() throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    in.transferTo(all);
    return all.toString(StandardCharsets.ISO_8859_1);
  }

  InputStream in() {
    return in;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
