package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.PooledByteBufAllocator;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** One stream that nobody reads: it holds little, and the others of its session do not notice. */
class StallIT {

  /** What the server may hold of a stalled stream: a batch of packets and the window. */
  private static final long HELD_MAX = (256 << 10) + (256 << 10);

  /** What is sent at most: more than all windows and socket buffers on the way can hold. */
  private static final long FLOOD = 64 << 20;

  @RegisterExtension final RelayNode node = RelayNode.with();

  private final AtomicLong written = new AtomicLong();
  private final AtomicInteger connections = new AtomicInteger();
  private final AtomicBoolean done = new AtomicBoolean();
  private int port;

  /** The first connection is flooded, or not read from; those after it get their echo. */
  @BeforeEach
  void open() {
    LocalService service =
        node.service(socket -> {
          if (connections.getAndIncrement() == 0) {
            if (socket.getInputStream().read() == 'F') {
              flood(socket);
            } else {
              socket.setReceiveBufferSize(16 << 10);
              Awaitility.await().atMost(Duration.ofMinutes(1)).untilTrue(done);
            }
          } else {
            socket.getInputStream().transferTo(socket.getOutputStream());
          }
        });
    Command ssh = node.start(node.ssh("ann").forward("0:127.0.0.1:" + service.port()).noCommand());
    port = Integer.parseInt(ssh.awaitErr("Allocated port (\\d+) for remote forward"));
  }

  private void flood(Socket socket) throws IOException {
    byte[] block = new byte[16 << 10];
    for (long sent = 0; sent < FLOOD; sent += block.length) {
      socket.getOutputStream().write(block);
      written.addAndGet(block.length);
    }
  }

  @Test
  void visitorDoesNotRead_littleIsHeldAndOthersGoOn() throws Exception {
    long before = held();
    Socket stalled = node.visit(port, 16 << 10);
    stalled.getOutputStream().write('F');
    awaitStall();

    assertThat(held() - before).isBetween(1L, HELD_MAX);
    assertOthersGoOn();
    assertThat(Octets.digest(stalled.getInputStream())).startsWith(FLOOD + " ");
  }

  /** One that read fast at first was granted more, and holds no more than that. */
  @Test
  void visitorReadsNoMore_itsShareOfTheBudgetIsHeldAndOthersGoOn() throws Exception {
    long before = held();
    Socket stalled = node.visit(port, 16 << 10);
    stalled.getOutputStream().write('F');
    assertThat(stalled.getInputStream().readNBytes((int) FLOOD / 2)).hasSize((int) FLOOD / 2);
    awaitStall();

    assertThat(held() - before).isBetween(1L, (16L << 20) + (256 << 10));
    assertOthersGoOn();
    assertThat(Octets.digest(stalled.getInputStream())).startsWith(FLOOD / 2 + " ");
  }

  /** Such a visitor's socket is waited for only to be writable, and for nothing else. */
  @Test
  void visitorEndedAndDoesNotRead_getsAllLater() throws Exception {
    Socket stalled = node.visit(port, 16 << 10);
    stalled.getOutputStream().write('F');
    stalled.shutdownOutput();
    awaitStall();

    assertThat(Octets.digest(stalled.getInputStream())).startsWith(FLOOD + " ");
  }

  @Test
  void serviceDoesNotRead_littleIsHeldAndOthersGoOn() throws Exception {
    long before = held();
    Socket stalled = node.visit(port);
    stalled.getOutputStream().write('R');
    Octets.run(() -> flood(stalled));
    awaitStall();

    assertThat(held() - before).isBetween(1L, HELD_MAX);
    assertOthersGoOn();
    done.set(true);
  }

  private static long held() {
    return PooledByteBufAllocator.DEFAULT.pinnedDirectMemory()
        + PooledByteBufAllocator.DEFAULT.pinnedHeapMemory();
  }

  private void awaitStall() {
    AtomicLong seen = new AtomicLong(-1);
    Awaitility.await()
        .pollInterval(Duration.ofMillis(700))
        .until(() -> written.get() > 0 && seen.getAndSet(written.get()) == written.get());
    assertThat(written.get()).isLessThan(FLOOD);
  }

  private void assertOthersGoOn() throws Exception {
    for (int i = 0; i < 5; i++) {
      long start = System.nanoTime();
      String back = Octets.exchange(node.visit(port), i, 1 << 20).get(20, TimeUnit.SECONDS);
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(1));
      assertThat(back).isEqualTo(Octets.digest(i, 1 << 20));
    }
  }
}
