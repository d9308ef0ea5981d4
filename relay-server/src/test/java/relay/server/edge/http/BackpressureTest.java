package relay.server.edge.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import relay.server.tunnel.Upstream;

/** A side that does not read stops the side that writes; the edge holds one read's worth. */
@Timeout(60)
class BackpressureTest {

  private static final int PIECE = 64 * 1024;

  /** What the kernel's two socket pairs hold, and one read of the edge's. */
  private static final long BOUND = 24L * 1024 * 1024;

  private EdgeFixture edge;
  private final List<Channel> upstreams = new CopyOnWriteArrayList<>();

  @BeforeEach
  void open() throws Exception {
    edge = new EdgeFixture();
  }

  @AfterEach
  void close() throws Exception {
    edge.close();
  }

  private Upstream recorded(SocketUpstream upstream) {
    return (loop, originator, destination) -> {
      Promise<Channel> promise = loop.newPromise();
      Future<Channel> connected = upstream.connect(loop, originator, destination);
      connected.addListener(done -> {
        connected.getNow().config().setOption(ChannelOption.SO_RCVBUF, PIECE);
        upstreams.add(connected.getNow());
        promise.setSuccess(connected.getNow());
      });
      return promise;
    };
  }

  @Test
  void download_visitorDoesNotRead_serviceStops() throws Exception {
    AtomicLong written = new AtomicLong();
    byte[] piece = new byte[PIECE];
    try (LocalService service =
            new LocalService(c -> {
              c.head();
              c.say("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
              for (int i = 0; i < 1_000_000_000 / PIECE; i++) {
                c.out.write(piece);
                written.addAndGet(PIECE);
              }
            });
        Visitor visitor = edge.visitor()) {
      edge.serve("foo.localhost", recorded(new SocketUpstream(service.port())));
      visitor.say("GET / HTTP/1.1\r\nHost: foo.localhost\r\n\r\n");
      assertThat(visitor.until("\r\n\r\n")).contains("1000000000");
      long held = standstill(written);
      assertThat(held).isLessThan(BOUND);
      visitor.exactly((int) held); // and goes on where the visitor reads again
      await().until(() -> written.get() > held);
    }
  }

  @Test
  void upload_serviceDoesNotRead_visitorStops() throws Exception {
    AtomicLong written = new AtomicLong();
    String piece = "x".repeat(PIECE);
    try (LocalService service =
            new LocalService(c -> {
              c.head();
              new CountDownLatch(1).await(30, TimeUnit.SECONDS); // it never reads
            });
        Visitor visitor = edge.visitor()) {
      edge.serve("foo.localhost", recorded(new SocketUpstream(service.port())));
      visitor.say("POST / HTTP/1.1\r\nHost: foo.localhost\r\nContent-Length: 1000000000\r\n\r\n");
      Thread writer =
          new Thread(() -> {
            try {
              while (true) {
                visitor.say(piece);
                written.addAndGet(PIECE);
              }
            } catch (java.io.IOException e) {
              return; // the test is over
            }
          });
      writer.setDaemon(true);
      writer.start();
      assertThat(standstill(written)).isLessThan(BOUND);
      Channel upstream = upstreams.get(0);
      assertThat(
              upstream
                  .eventLoop()
                  .submit(() -> upstream.unsafe().outboundBuffer())
                  .get()
                  .totalPendingWriteBytes())
          .isLessThan(2L * PIECE);
    }
  }

  /** The value at which it stays for a second. */
  private static long standstill(AtomicLong value) {
    long[] last = {-1};
    await()
        .pollInterval(Duration.ofSeconds(1))
        .atMost(Duration.ofSeconds(30))
        .until(() -> {
          long now = value.get();
          boolean same = now > 0 && now == last[0];
          last[0] = now;
          return same;
        });
    return last[0];
  }
}
