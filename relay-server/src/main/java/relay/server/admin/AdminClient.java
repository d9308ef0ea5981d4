package relay.server.admin;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The other side of an {@link AdminSocket}. */
public final class AdminClient {

  private static final int MAX_ANSWER = 256 << 20;

  private AdminClient() {}

  /**
   * Asks the server that has the data directory. Blocking.
   *
   * @param limit from now to the last line of the answer
   * @throws IOException where there is no server, or it does not answer
   */
  public static List<String> ask(Path directory, String request, Duration limit)
      throws IOException {
    long deadline = System.nanoTime() + limit.toNanos();
    try (Selector selector = Selector.open();
        SocketChannel socket = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      socket.connect(UnixDomainSocketAddress.of(AdminSocket.in(directory)));
      ByteBuffer line = ByteBuffer.wrap((request + "\n").getBytes(StandardCharsets.UTF_8));
      while (line.hasRemaining()) {
        socket.write(line);
      }
      socket.configureBlocking(false);
      socket.register(selector, SelectionKey.OP_READ);
      ByteArrayOutputStream answer = new ByteArrayOutputStream();
      ByteBuffer buffer = ByteBuffer.allocate(64 << 10);
      while (true) {
        long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        if (left <= 0 || answer.size() > MAX_ANSWER) {
          throw new IOException("no whole answer within " + limit.toSeconds() + " s");
        }
        selector.select(left);
        selector.selectedKeys().clear();
        int read = socket.read(buffer.clear());
        if (read < 0) {
          return answer.toString(StandardCharsets.UTF_8).lines().toList();
        }
        answer.write(buffer.array(), 0, read);
      }
    }
  }
}
