package relay.server;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Octets without a pattern, which a seed repeats, made while they are read; and their digests. */
final class Octets extends InputStream {

  private static final ExecutorService THREADS =
      Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "octets");
        thread.setDaemon(true);
        return thread;
      });

  private final SplittableRandom random;
  private final byte[] block = new byte[16 << 10];
  private int next = block.length;
  private long left;

  Octets(long seed, long length) {
    random = new SplittableRandom(seed);
    left = length;
  }

  @Override
  public int read() {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] into, int offset, int length) {
    if (left == 0) {
      return -1;
    }
    if (next == block.length) {
      random.nextBytes(block);
      next = 0;
    }
    int n = (int) Math.min(Math.min(length, block.length - next), left);
    System.arraycopy(block, next, into, offset, n);
    next += n;
    left -= n;
    return n;
  }

  /** How many octets there are in a stream, up to its end, and their SHA-256. */
  static String digest(InputStream in) throws IOException {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      byte[] buffer = new byte[64 << 10];
      long count = 0;
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        sha256.update(buffer, 0, n);
        count += n;
      }
      return count + " " + HexFormat.of().formatHex(sha256.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  static String digest(long seed, long length) throws IOException {
    return digest(new Octets(seed, length));
  }

  /** What may fail. */
  @FunctionalInterface
  interface Task<T> {
    T run() throws Exception;
  }

  /** Runs on a thread of its own. */
  static <T> CompletableFuture<T> async(Task<T> task) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return task.run();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        },
        THREADS);
  }

  /** What ends without a value. */
  @FunctionalInterface
  interface Action {
    void run() throws Exception;
  }

  /** Runs on a thread of its own, and gives true at its end. */
  static CompletableFuture<Boolean> run(Action action) {
    return async(() -> {
      action.run();
      return true;
    });
  }

  /**
   * Sends octets and ends its side, while it reads what the other side sends.
   *
   * @return the digest of what was read
   */
  static CompletableFuture<String> exchange(Socket socket, long seed, long length) {
    CompletableFuture<Boolean> sent =
        run(() -> {
          OutputStream out = socket.getOutputStream();
          new Octets(seed, length).transferTo(out);
          socket.shutdownOutput();
        });
    return async(() -> digest(socket.getInputStream())).thenCombine(sent, (read, end) -> read);
  }
}
