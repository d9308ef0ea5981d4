package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Five hundred strangers at the door, and the owners who are inside. */
class LoginFloodIT {

  private static final int HOSTILE = 500;
  private static final int REQUESTS = 1_000;

  /** What happens to run beside the test only adds: the best of some rounds is what it costs. */
  private static final int ROUNDS = 6;

  private static final byte[] VERSION =
      "SSH-2.0-OpenSSH_9.2\r\n".getBytes(StandardCharsets.US_ASCII);

  @RegisterExtension final RelayNode node = RelayNode.with("ssh.exempt-sources=192.0.2.1");

  private final AtomicBoolean done = new AtomicBoolean();
  private final AtomicInteger opened = new AtomicInteger();

  @Test
  void owners_noticeNothing() throws Exception {
    String local = "127.0.0.1:" + node.nginx("").port();
    Command owner = node.start(node.ssh("ann").forward("foo:80:" + local).noCommand());
    node.awaitTunnels(1);
    Socket visitor = node.visit(node.httpPort());
    p99(visitor); // once, to be warm
    double best = Double.MAX_VALUE;
    for (int round = 0; round < ROUNDS && best > 2; round++) {
      double quiet = p99(visitor);
      done.set(false);
      opened.set(0);
      CompletableFuture<Void> flood = Pace.of(new Flood()::step);
      Awaitility.await().until(() -> opened.get() >= HOSTILE);
      best = Math.min(best, p99(visitor) / quiet);
      assertThat(node.server().census().sshConnections()).isLessThanOrEqualTo(100 + 1 + 16);
      Command late = node.start(node.ssh("ben").with("-b", "127.0.0.2").noCommand());
      late.awaitErr("^relay: -R 80 is ");
      late.close();
      done.set(true);
      flood.get(20, TimeUnit.SECONDS);
    }
    assertThat(best).as("p99 of the requests, to that without the flood").isLessThanOrEqualTo(2);
    assertThat(owner.isAlive()).isTrue();
    node.awaitTunnels(1);
  }

  /** In nanoseconds; every request is answered. */
  private static double p99(Socket visitor) throws IOException {
    long[] took = new long[REQUESTS];
    for (int i = 0; i < REQUESTS; i++) {
      long start = System.nanoTime();
      Wire.send(visitor, "GET /hello HTTP/1.1\r\nHost: foo.localhost\r\n\r\n");
      Wire.Answer answer = Wire.answer(visitor.getInputStream());
      took[i] = System.nanoTime() - start;
      assertThat(answer.status()).isEqualTo("200");
    }
    Arrays.sort(took);
    return took[REQUESTS * 99 / 100];
  }

  /**
   * Holds so many connections, of as many addresses: every third is silent, one drips its version,
   * one sends what need not be read. Those that were closed are made anew, some hundred a second.
   */
  private final class Flood {

    private final @Nullable SocketChannel[] all = new @Nullable SocketChannel[HOSTILE];
    private final int[] sent = new int[HOSTILE];
    private int next;

    /** Ten connections, or fewer where one is made: it is to cost the server, not the machine. */
    @Nullable Duration step() throws IOException {
      if (done.get()) {
        for (SocketChannel channel : all) {
          if (channel != null) {
            channel.close();
          }
        }
        return null;
      }
      boolean made = false;
      for (int n = 0; n < 10 && !made; n++) {
        made = annoyNext();
      }
      return Duration.ofMillis(made ? 2 : 1);
    }

    private boolean annoyNext() throws IOException {
      int i = next;
      next = (i + 1) % HOSTILE;
      SocketChannel channel = all[i];
      boolean made = channel == null;
      if (channel == null) {
        channel = open(i);
        sent[i] = 0;
        opened.incrementAndGet();
      }
      boolean closed = !annoy(channel, i % 3, sent[i]++);
      if (closed) {
        channel.close();
      }
      all[i] = closed ? null : channel;
      return made;
    }
  }

  private SocketChannel open(int number) throws IOException {
    SocketChannel channel = SocketChannel.open();
    channel.bind(
        new InetSocketAddress(
            InetAddress.getByAddress(new byte[] {127, 1, (byte) (number >> 8), (byte) number}), 0));
    channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), node.sshPort()));
    channel.configureBlocking(false);
    return channel;
  }

  /** False where the server has closed it. */
  private static boolean annoy(SocketChannel channel, int kind, int turn) {
    try {
      if (kind == 1 && turn < VERSION.length) {
        channel.write(ByteBuffer.wrap(VERSION, turn, 1));
      } else if (kind == 2) {
        channel.write(turn == 0 ? ByteBuffer.wrap(VERSION) : ignore());
      }
      return channel.read(ByteBuffer.allocate(4096)) >= 0;
    } catch (IOException e) {
      return false;
    }
  }

  /** A message that may be sent at any time and says nothing (RFC 4253 §11.2). */
  private static ByteBuffer ignore() {
    ByteBuffer packet = ByteBuffer.allocate(4 + 1 + 1 + 4 + 1010 + 4);
    packet.putInt(packet.capacity() - 4).put((byte) 4).put((byte) 2).putInt(1010);
    return packet.position(0);
  }
}
