package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBufAllocatorMetric;
import io.netty.buffer.PooledByteBufAllocator;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import relay.server.oracle.RawVisitor;

/** Visitors who send or read slowly: they are cut or held back, and the others do not notice. */
class SlowVisitorsIT {

  private static final int DRIPPING = 50;
  private static final int READING = 20;
  private static final long ANSWER = 1L << 30;

  /** For {@link #READING} slow readers of {@link #ANSWER} each. */
  private static final long HELD_MAX = 64L << 20;

  private static final long MEASURED_EACH = 32L << 20;

  /** A machine with two cores is late by so much at times, whatever the relay does. */
  private static final Duration FLOOR = Duration.ofMillis(250);

  @RegisterExtension final RelayNode node = RelayNode.with("limits.header-timeout=3s");

  private final AtomicInteger dripping = new AtomicInteger();
  private final AtomicBoolean over = new AtomicBoolean();

  private void forward(LocalService.Connection service) {
    node.start(
            node.ssh("ann").forward("foo:80:127.0.0.1:" + node.service(service).port()).console())
        .awaitOut("HTTP: ");
  }

  private static String get(String path) {
    return "GET " + path + " HTTP/1.1\r\nHost: foo.localhost\r\n\r\n";
  }

  @Test
  void heads_dripped_get408AndNobodyElseNotices() throws Exception {
    forward(socket -> {
      while (true) {
        Wire.head(socket.getInputStream());
        Wire.send(socket, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      }
    });
    RawVisitor usual = node.closing(new RawVisitor(node.httpAddress()));
    percentile99(usual); // the first requests pay for the class loader
    Duration before = percentile99(usual);

    List<CompletableFuture<Integer>> drips = new ArrayList<>();
    for (int i = 0; i < DRIPPING; i++) {
      drips.add(Octets.async(this::drip));
    }
    Awaitility.await().until(() -> dripping.get() == DRIPPING);
    Duration during = percentile99(usual);
    for (CompletableFuture<Integer> drip : drips) {
      assertThat(drip.get(30, TimeUnit.SECONDS)).isEqualTo(408);
    }
    assertThat(during).isLessThan(before.multipliedBy(2).plus(FLOOR));
  }

  /** Sends an octet of a head at a time, until it gets an answer. */
  private int drip() throws IOException {
    try (RawVisitor visitor = new RawVisitor(node.httpAddress())) {
      visitor.say("GET / HTTP/1.1\r\nHost: foo.localhost\r\nX: ");
      dripping.incrementAndGet();
      while (visitor.in().available() == 0) {
        visitor.say("x");
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100)); // what makes it a slow one
      }
      RawVisitor.Answer page = visitor.answer();
      assertThat(visitor.rest()).isEmpty();
      return page.status();
    }
  }

  private static Duration percentile99(RawVisitor visitor) throws IOException {
    long[] took = new long[500];
    for (int i = 0; i < took.length; i++) {
      long start = System.nanoTime();
      assertThat(visitor.say(get("/")).answer().body()).isEqualTo("ok");
      took[i] = System.nanoTime() - start;
    }
    java.util.Arrays.sort(took);
    return Duration.ofNanos(took[took.length * 99 / 100]);
  }

  @Test
  void answers_readSlowly_areHeldBack() throws Exception {
    AtomicLong written = new AtomicLong();
    byte[] block = new byte[64 << 10];
    forward(socket -> {
      String path = Wire.path(Wire.head(socket.getInputStream()));
      long length = path.equals("/small") ? 16 << 20 : ANSWER;
      Wire.send(socket, "HTTP/1.1 200 OK\r\nContent-Length: " + length + "\r\n\r\n");
      for (long sent = 0; sent < length; sent += block.length) {
        socket.getOutputStream().write(block);
        written.addAndGet(block.length);
      }
    });
    for (int i = 0; i < 3; i++) { // what one fast answer needs is there before it is measured
      Socket fast = node.visit(node.httpPort());
      Wire.send(fast, get("/small").replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
      assertThat(fast.getInputStream().readAllBytes().length).isGreaterThan(16 << 20);
    }
    long before = held();

    List<CompletableFuture<Long>> readers = new ArrayList<>();
    for (int i = 0; i < READING; i++) {
      readers.add(Octets.async(this::readSlowly));
    }
    long most = 0;
    for (int i = 0; i < 8; i++) {
      long from = written.get();
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> written.get() > from + MEASURED_EACH);
      most = Math.max(most, held() - before);
    }
    over.set(true);
    for (CompletableFuture<Long> reader : readers) {
      assertThat(reader.get(30, TimeUnit.SECONDS)).isBetween(1L, ANSWER / 2);
    }
    assertThat(most).isLessThan(HELD_MAX);
  }

  /** About 3 MB a second. */
  private long readSlowly() throws IOException {
    long count = 0;
    try (Socket socket = node.visit(node.httpPort(), 32 << 10)) {
      Wire.send(socket, get("/large"));
      InputStream in = socket.getInputStream();
      byte[] piece = new byte[16 << 10];
      while (!over.get()) {
        count += Math.max(0, in.read(piece));
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5)); // what makes it a slow one
      }
    }
    return count;
  }

  /** The heap that is really in use, and what the allocator took from the system. */
  private static long held() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    ByteBufAllocatorMetric netty = PooledByteBufAllocator.DEFAULT.metric();
    return runtime.totalMemory() - runtime.freeMemory() + netty.usedDirectMemory();
  }
}
