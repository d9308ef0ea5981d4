package relay.server;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/** A local service whose every connection a test handles by itself, byte for byte. */
final class LocalService implements Closeable {

  /** Serves one connection, which is closed afterwards. */
  @FunctionalInterface
  interface Connection {
    void serve(Socket socket) throws IOException;
  }

  /** Counted on, so that no test is given one port twice. */
  private static final AtomicInteger PORTS =
      new AtomicInteger(ThreadLocalRandom.current().nextInt(10_000));

  private final ServerSocket listener;
  private final ExecutorService threads =
      Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "local-service");
        thread.setDaemon(true);
        return thread;
      });

  LocalService(Connection connection) {
    try {
      listener = new ServerSocket(0, 512, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    threads.execute(() -> accept(connection));
  }

  /** Sends back what it gets, and ends when its peer does. */
  static LocalService echo() {
    return new LocalService(socket -> {
      socket.getInputStream().transferTo(socket.getOutputStream());
      socket.shutdownOutput();
    });
  }

  int port() {
    return listener.getLocalPort();
  }

  private void accept(Connection connection) {
    while (!listener.isClosed()) {
      try {
        Socket socket = listener.accept();
        threads.execute(() -> serve(connection, socket));
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  private static void serve(Connection connection, Socket socket) {
    try (socket) {
      connection.serve(socket);
    } catch (IOException e) {
      // the peer has gone: the test sees that on its own side
    }
  }

  @Override
  public void close() {
    try {
      listener.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    threads.shutdownNow();
  }

  /**
   * A port that nobody listens on now, in neither family, and that no outgoing connection of this
   * machine will take: those get higher ones.
   */
  static int freePort() {
    while (true) {
      int port = 10_000 + Math.floorMod(PORTS.getAndIncrement(), 10_000);
      try (ServerSocket socket = new ServerSocket(port)) {
        return socket.getLocalPort();
      } catch (BindException e) {
        // taken: another, then
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
