package relay.server;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A way to a port, on which everything can be lost: no byte goes on, and no end is told. */
final class BlackHole implements Closeable {

  private final ServerSocket listener;
  private final int port;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private volatile boolean lost;

  /**
   * @param port where it leads to
   */
  BlackHole(int port) throws IOException {
    this.port = port;
    this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Octets.run(this::accept);
  }

  int port() {
    return listener.getLocalPort();
  }

  /** As when the power of the machine on one side is cut. */
  void cut() {
    lost = true;
  }

  private void accept() throws IOException {
    while (!listener.isClosed()) {
      Socket one = listener.accept();
      Socket other = new Socket(InetAddress.getLoopbackAddress(), port);
      sockets.addAll(List.of(one, other));
      Octets.run(() -> carry(one, other));
      Octets.run(() -> carry(other, one));
    }
  }

  private void carry(Socket from, Socket to) throws IOException {
    InputStream in = from.getInputStream();
    OutputStream out = to.getOutputStream();
    byte[] buffer = new byte[16 << 10];
    for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
      if (!lost) {
        out.write(buffer, 0, n);
      }
    }
    if (!lost) {
      to.shutdownOutput();
    }
  }

  @Override
  public void close() {
    try {
      listener.close();
      for (Socket socket : sockets) {
        socket.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
