package relay.server.edge.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The listener's own life: binding, running out of descriptors, going down. */
@Timeout(60)
class DrainTest {

  private static final String GET = "GET / HTTP/1.1\r\nHost: foo.localhost\r\n\r\n";

  @Test
  void drain_requestInFlight_answeredAndIdleClosed() throws Exception {
    CountDownLatch draining = new CountDownLatch(1);
    try (EdgeFixture edge = new EdgeFixture();
        LocalService service =
            new LocalService(c -> {
              c.head();
              c.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
              draining.await();
              c.say("1\r\nb\r\n0\r\n\r\n");
            });
        Visitor busy = edge.visitor();
        Visitor idle = edge.visitor()) {
      edge.serve("foo.localhost", service.port());
      busy.say(GET).until("a\r\n");
      idle.say("GET / HTTP/1.1\r\nHost: none.localhost\r\n\r\n").answer();
      Future<Void> drained = edge.edge.drain();
      assertThat(idle.rest()).isEmpty();
      idle.close();
      await()
          .untilAsserted(() ->
              assertThatThrownBy(() -> edge.visitor().close()).isInstanceOf(IOException.class));
      assertThat(drained.isDone()).isFalse();
      draining.countDown();
      assertThat(busy.rest()).isEqualTo("1\r\nb\r\n0\r\n\r\n");
      busy.close();
      assertThat(drained.await(5, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void drain_requestNeverEnds_cutAtTheLimit() throws Exception {
    HttpLimits usual = HttpLimits.defaults();
    HttpLimits limits =
        new HttpLimits(
            usual.heads(),
            usual.bodies(),
            usual.head(),
            usual.keepAlive(),
            usual.upstream(),
            usual.send(),
            usual.pooled(),
            usual.linger(),
            Duration.ofSeconds(1));
    try (EdgeFixture edge = new EdgeFixture(limits);
        LocalService service = new LocalService(c -> c.until("never"));
        Visitor visitor = edge.visitor()) {
      edge.serve("foo.localhost", service.port());
      visitor.say(GET);
      await().until(() -> service.seen().endsWith("\r\n\r\n"));
      long from = System.nanoTime();
      assertThat(edge.edge.drain().await(5, TimeUnit.SECONDS)).isTrue();
      assertThat(System.nanoTime() - from).isBetween(900_000_000L, 4_000_000_000L);
      assertThat(visitor.rest()).isEmpty();
    }
  }

  @Test
  void drain_webSocket_doesNotHoldItUp() throws Exception {
    try (EdgeFixture edge = new EdgeFixture();
        LocalService service =
            new LocalService(c -> {
              c.head();
              c.say("HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
              c.until("never");
            });
        Visitor visitor = edge.visitor()) {
      edge.serve("foo.localhost", service.port());
      visitor
          .say(GET.replace("\r\n\r\n", "\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"))
          .until("\r\n\r\n");
      assertThat(edge.edge.drain().await(5, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void bind_oneAddressTaken_noneBoundAndItIsNamed() throws Exception {
    try (EdgeFixture edge = new EdgeFixture()) {
      Future<List<InetSocketAddress>> bound =
          edge.edge.bind(
              List.of(new InetSocketAddress(edge.address.getAddress(), 0), edge.address));
      assertThat(bound.await(5, TimeUnit.SECONDS)).isTrue();
      assertThat(bound.cause()).hasMessageContaining("127.0.0.1:" + edge.address.getPort());
    }
  }

  @Test
  void accept_fails_pausedForOneSecond() {
    EmbeddedChannel listener = new EmbeddedChannel(new AcceptHandler());
    listener.freezeTime();
    listener.pipeline().fireExceptionCaught(new IOException("Too many open files"));
    listener.pipeline().fireExceptionCaught(new IOException("Too many open files"));
    assertThat(listener.config().isAutoRead()).isFalse();
    listener.advanceTimeBy(999, TimeUnit.MILLISECONDS);
    listener.runScheduledPendingTasks();
    assertThat(listener.config().isAutoRead()).isFalse();
    listener.advanceTimeBy(1, TimeUnit.MILLISECONDS);
    listener.runScheduledPendingTasks();
    assertThat(listener.config().isAutoRead()).isTrue();
    listener.finishAndReleaseAll();
  }
}
