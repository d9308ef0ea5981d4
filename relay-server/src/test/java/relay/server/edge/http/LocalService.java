package relay.server.edge.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** A service of raw sockets: keeps every octet that it was sent, and answers as a test says. */
final class LocalService implements AutoCloseable {

  interface Script {
    void serve(Connection connection) throws Exception;
  }

  /** One connection, with what was read from it. */
  static final class Connection {
    final Socket socket;
    final InputStream in;
    final OutputStream out;
    private final ByteArrayOutputStream seen = new ByteArrayOutputStream();

    Connection(Socket socket) throws IOException {
      this.socket = socket;
      this.in = socket.getInputStream();
      this.out = socket.getOutputStream();
    }

    synchronized String seen() {
      return seen.toString(StandardCharsets.ISO_8859_1);
    }

    int read() throws IOException {
      int octet = in.read();
      if (octet >= 0) {
        synchronized (this) {
          seen.write(octet);
        }
      }
      return octet;
    }

    /** Reads to the end of a head; null at the end of the connection. */
    @Nullable String head() throws IOException {
      return until("\r\n\r\n");
    }

    @Nullable String until(String end) throws IOException {
      StringBuilder text = new StringBuilder();
      while (text.indexOf(end, Math.max(0, text.length() - end.length())) < 0) {
        int octet = read();
        if (octet < 0) {
          return text.isEmpty() ? null : text.toString();
        }
        text.append((char) octet);
      }
      return text.toString();
    }

    String exactly(int length) throws IOException {
      StringBuilder text = new StringBuilder();
      while (text.length() < length) {
        int octet = read();
        if (octet < 0) {
          break;
        }
        text.append((char) octet);
      }
      return text.toString();
    }

    void say(String text) throws IOException {
      out.write(text.getBytes(StandardCharsets.ISO_8859_1));
      out.flush();
    }

    /** Closes without a FIN. */
    void reset() throws IOException {
      socket.setSoLinger(true, 0);
      socket.close();
    }
  }

  private final ServerSocket listener;
  final List<Connection> connections = new CopyOnWriteArrayList<>();
  final List<Exception> failures = new CopyOnWriteArrayList<>();

  LocalService(Script script) throws IOException {
    listener = new ServerSocket(0, 512, InetAddress.getLoopbackAddress());
    daemon(() -> {
      while (!listener.isClosed()) {
        Connection connection = new Connection(listener.accept());
        connections.add(connection);
        daemon(() -> {
          try (connection.socket) {
            script.serve(connection);
          }
        });
      }
    });
  }

  /** Answers every request with what {@code answer} makes of its head. */
  static LocalService answering(java.util.function.UnaryOperator<String> answer)
      throws IOException {
    return new LocalService(connection -> {
      String head;
      while ((head = connection.head()) != null) {
        connection.say(answer.apply(head));
      }
    });
  }

  int port() {
    return listener.getLocalPort();
  }

  /** All that was received on all connections. */
  String seen() {
    StringBuilder all = new StringBuilder();
    connections.forEach(connection -> all.append(connection.seen()));
    return all.toString();
  }

  private interface Task {
    void run() throws Exception;
  }

  private void daemon(Task task) {
    Thread thread =
        new Thread(() -> {
          try {
            task.run();
          } catch (Exception e) {
            failures.add(e);
          }
        });
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Connection connection : connections) {
      connection.socket.close();
    }
  }
}
