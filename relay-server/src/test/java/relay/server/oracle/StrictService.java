package relay.server.oracle;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A local service that keeps every octet and answers each request with its own mark, in a framing
 * that follows from the mark. A mark is {@code ~42~}; it stands in the target and wherever else in
 * the request there is room.
 */
final class StrictService implements AutoCloseable {

  static final Pattern MARK = Pattern.compile("~[a-z]?\\d+~");

  /**
   * A request that came.
   *
   * @param octets all of it, as received
   */
  record Seen(String mark, String octets, boolean whole) {}

  private final ServerSocket listener;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  final Queue<Seen> seen = new ConcurrentLinkedQueue<>();
  final Queue<String> violations = new ConcurrentLinkedQueue<>();
  final Queue<Recording> connections = new ConcurrentLinkedQueue<>();

  StrictService() {
    try {
      listener = new ServerSocket(0, 512, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    threads.execute(this::accept);
  }

  int port() {
    return listener.getLocalPort();
  }

  private void accept() {
    while (true) {
      try {
        Socket socket = listener.accept();
        threads.execute(() -> serve(socket));
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  private void serve(Socket socket) {
    int start = 0;
    Recording in = null;
    try (socket) {
      in = new Recording(socket.getInputStream());
      connections.add(in);
      boolean goesOn = true;
      while (goesOn && in.hasNext()) {
        start = in.position();
        StrictRequest request = StrictRequest.head(in);
        if (request.values("expect").contains("100-continue")) {
          say(socket, "HTTP/1.1 100 Continue\r\n\r\n");
        }
        request.readBody();
        String octets = in.slice(start, in.position());
        String mark = mark(octets);
        seen.add(new Seen(mark, octets, true));
        goesOn = answer(socket, request, mark);
      }
    } catch (EOFException e) {
      String part = in == null ? "" : in.from(start);
      seen.add(new Seen(mark(part), part, false));
    } catch (IOException e) {
      // cut by the relay: the requests that were whole are kept
    } catch (StrictRequest.Violation e) {
      violations.add(e.getMessage() + " in: " + (in == null ? "" : in.from(start)));
    }
  }

  /** The one mark that all of the request has. */
  private String mark(String octets) {
    List<String> marks = MARK.matcher(octets).results().map(found -> found.group()).toList();
    if (marks.stream().distinct().count() != 1) {
      violations.add("marks " + marks + " in one request: " + octets);
      return "none";
    }
    return marks.get(0);
  }

  private static boolean answer(Socket socket, StrictRequest request, String mark)
      throws IOException {
    Matcher digits = Pattern.compile("\\d+").matcher(mark);
    int kind = digits.find() ? Integer.parseInt(digits.group()) % 4 : 0;
    String body = mark + request.body().length() + "\r\n\r\nHTTP/1.1 500 no answer\r\n\r\n" + mark;
    String length = "Content-Length: " + body.length() + "\r\n\r\n";
    if (request.method.equals("HEAD")) {
      say(socket, "HTTP/1.1 200 " + mark + "\r\n" + length);
    } else if (kind == 0) {
      say(
          socket,
          "HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\nHTTP/1.1 200 OK\r\n" + length + body);
    } else if (kind == 1) {
      say(
          socket,
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;x=y\r\n~\r\n"
              + Integer.toHexString(body.length() - 1)
              + "\r\n"
              + body.substring(1)
              + "\r\n0\r\nX-Mark: "
              + mark
              + "\r\n\r\n");
    } else if (kind == 2) {
      say(socket, "HTTP/1.1 200 OK\r\n\r\n" + body);
      return false;
    } else {
      say(socket, "HTTP/1.1 200 OK\r\n" + length + body);
    }
    return true;
  }

  private static void say(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  @Override
  public void close() throws IOException {
    listener.close();
    threads.shutdownNow();
  }
}
