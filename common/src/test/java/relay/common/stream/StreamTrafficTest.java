package relay.common.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.sshd.common.SshConstants;
import org.junit.jupiter.api.Test;

/** Bytes over one connection and both sides' event loops. */
class StreamTrafficTest {

  @Test
  void writes_ofRandomSizesFromAThirdLoop_arriveInOrderBeforeTheEnd() throws Exception {
    try (TwoSides sides = TwoSides.connections()) {
      CompletableFuture<Sink> theirs = new CompletableFuture<>();
      sides.rightRole.onOpen = open -> theirs.complete(Sink.on(open, sides.thirdLoop()));
      SshStreamChannel stream = open(sides, sides.thirdLoop());
      Random random = new Random(4254);
      ByteArrayOutputStream sent = new ByteArrayOutputStream();
      for (int i = 0; i < 1000; i++) {
        byte[] bytes = new byte[random.nextInt(9000)];
        random.nextBytes(bytes);
        sent.writeBytes(bytes);
        stream.writeAndFlush(Unpooled.wrappedBuffer(bytes));
      }
      stream.shutdownOutput().get(10, TimeUnit.SECONDS);
      stream.close();
      Sink sink = theirs.get(10, TimeUnit.SECONDS);
      sink.done.get(10, TimeUnit.SECONDS);
      assertThat(sink.whole).isTrue();
      assertThat(sink.bytes.toByteArray()).isEqualTo(sent.toByteArray());
    }
  }

  @Test
  void shutdownOutput_flushesWhatWasOnlyWritten() throws Exception {
    try (TwoSides sides = TwoSides.connections()) {
      CompletableFuture<Sink> theirs = new CompletableFuture<>();
      sides.rightRole.onOpen = open -> theirs.complete(Sink.on(open, sides.right().eventLoop()));
      SshStreamChannel stream = open(sides, sides.thirdLoop());
      stream.write(Unpooled.wrappedBuffer(new byte[5]));
      stream.shutdownOutput().get(10, TimeUnit.SECONDS);
      stream.close();
      Sink sink = theirs.get(10, TimeUnit.SECONDS);
      sink.done.get(10, TimeUnit.SECONDS);
      assertThat(sink.bytes.size()).isEqualTo(5);
      assertThat(sink.whole).isTrue();
    }
  }

  @Test
  void close_withoutTheEnd_isACut() throws Exception {
    try (TwoSides sides = TwoSides.connections()) {
      CompletableFuture<Sink> theirs = new CompletableFuture<>();
      sides.rightRole.onOpen = open -> theirs.complete(Sink.on(open, sides.thirdLoop()));
      SshStreamChannel stream = open(sides, sides.left().eventLoop());
      stream.close();
      Sink sink = theirs.get(10, TimeUnit.SECONDS);
      sink.done.get(10, TimeUnit.SECONDS);
      assertThat(sink.whole).isFalse();
    }
  }

  @Test
  void rekey_againAndAgainUnderEightStreams_losesNothing() throws Exception {
    int streams = 8;
    int size = 3 << 20;
    int slice = 1 << 18; // of each stream: half just before an exchange, half just behind its begin
    try (TwoSides sides = TwoSides.connections()) {
      List<CompletableFuture<Sink>> sinks = new ArrayList<>();
      AtomicInteger next = new AtomicInteger();
      for (int i = 0; i < streams; i++) {
        sinks.add(new CompletableFuture<>());
      }
      sides.rightRole.onOpen =
          open -> sinks.get(next.getAndIncrement()).complete(Sink.on(open, sides.loops.next()));
      List<SshStreamChannel> all = new ArrayList<>();
      for (int i = 0; i < streams; i++) {
        all.add(open(sides, sides.loops.next()));
      }
      for (int round = 0; round < size / slice; round++) {
        int from = round * slice;
        boolean ours = round % 3 != 0; // one side, the other side, both at once
        if (round % 3 != 1) {
          sides.onRight(() -> sides.rightSession().reExchangeKeys());
        }
        sides.onLeft(() -> {
          all.forEach(stream -> stream.writeAndFlush(pattern(from, slice / 2)));
          if (ours) {
            sides.leftSession().reExchangeKeys();
          }
          all.forEach(stream -> stream.writeAndFlush(pattern(from + slice / 2, slice / 2)));
          return true;
        });
        await()
            .pollDelay(Duration.ZERO)
            .pollInterval(Duration.ofMillis(2))
            .until(sides::isKeyExchangeDone);
      }
      for (SshStreamChannel stream : all) {
        stream.shutdownOutput();
      }
      for (CompletableFuture<Sink> sink : sinks) {
        sink.get(10, TimeUnit.SECONDS).done.get(10, TimeUnit.SECONDS);
      }
      for (CompletableFuture<Sink> sink : sinks) {
        assertThat(Unpooled.wrappedBuffer(sink.join().bytes.toByteArray()))
            .isEqualTo(pattern(0, size));
      }
    }
  }

  /** Lets some bytes pass and stops others for a while, all streams by turns. */
  private static final class Bumpy implements ByteRate {
    final AtomicLong carried = new AtomicLong();
    final AtomicInteger pauses = new AtomicInteger();
    private final AtomicInteger turns = new AtomicInteger();

    @Override
    public long nanosToWait() {
      if (turns.incrementAndGet() % 3 != 0) {
        return 0;
      }
      pauses.incrementAndGet();
      return TimeUnit.MICROSECONDS.toNanos(300);
    }

    @Override
    public void carried(int bytes) {
      carried.addAndGet(bytes);
    }
  }

  @Test
  void rate_thatPausesStreams_losesAndMixesNothing_eitherWay() throws Exception {
    int streams = 4;
    int size = 2 << 20;
    Bumpy rate = new Bumpy();
    try (TwoSides sides = TwoSides.connections(TwoSides.LIMITS.sharing(StreamQuota.NONE, rate))) {
      BlockingQueue<Sink> sinks = new LinkedBlockingQueue<>();
      sides.rightRole.onOpen = open -> sinks.add(Sink.on(open, sides.loops.next()));
      sides.leftRole.onOpen = open -> sinks.add(Sink.on(open, sides.loops.next()));
      for (int i = 0; i < 2 * streams; i++) {
        SshConnection from = i % 2 == 0 ? sides.left() : sides.right();
        SshStreamChannel stream =
            TwoSides.get(from.open(sides.loops.next(), "test@relay", packet -> {}));
        for (int part = 0; part < size; part += 1 << 16) {
          stream.write(pattern(part, 1 << 16));
        }
        stream.flush();
        stream.shutdownOutput().addListener(sent -> stream.close());
      }
      for (int i = 0; i < 2 * streams; i++) {
        Sink sink = Objects.requireNonNull(sinks.poll(10, TimeUnit.SECONDS));
        sink.done.get(20, TimeUnit.SECONDS);
        assertThat(sink.whole).isTrue();
        assertThat(Unpooled.wrappedBuffer(sink.bytes.toByteArray())).isEqualTo(pattern(0, size));
      }
    }
    assertThat(rate.pauses).hasValueGreaterThan(100);
    assertThat(rate.carried).as("each byte is counted once").hasValue(2L * streams * size);
  }

  @Test
  void windowsThatGrew_comeBackToTheBudget_howeverTheirStreamsEnd() throws Exception {
    WindowBudget budget = new WindowBudget(8 << 20);
    StreamLimits limits = new StreamLimits(64 * 1024, budget, 100, Duration.ofSeconds(10));
    try (TwoSides sides = TwoSides.connections(limits)) {
      for (boolean whole : new boolean[] {true, false}) {
        CompletableFuture<Sink> ours = new CompletableFuture<>();
        sides.leftRole.onOpen = open -> ours.complete(Sink.on(open, sides.loops.next()));
        SshStreamChannel theirs =
            TwoSides.get(sides.right().open(sides.thirdLoop(), "a", packet -> {}));
        await()
            .until(() -> {
              TwoSides.get(theirs.writeAndFlush(pattern(0, 1 << 16)));
              return budget.left() < 8 << 20;
            });
        if (whole) {
          theirs.shutdownOutput();
        } else {
          theirs.close();
        }
        ours.get(10, TimeUnit.SECONDS).done.get(10, TimeUnit.SECONDS);
        theirs.close();
        await().until(() -> budget.left() == 8 << 20);
      }
    }
  }

  @Test
  void credit_returnsWithTheNextRead() throws Exception {
    try (TwoSides sides = TwoSides.rawPeer()) {
      SshStreamChannel stream = openToRawPeer(sides, 1 << 20);
      CompletableFuture<Void> got = new CompletableFuture<>();
      stream
          .pipeline()
          .addLast(
              new ChannelInboundHandlerAdapter() {
                @Override
                public void channelRead(ChannelHandlerContext ctx, Object message) {
                  ((ByteBuf) message).release();
                  got.complete(null);
                }
              });
      int part = TwoSides.LIMITS.window() / 2;
      for (int sent = 0; sent < part; sent += 1 << 15) {
        sides.send(
            SshConstants.SSH_MSG_CHANNEL_DATA,
            p -> {
              p.putUInt(0);
              p.putBytes(new byte[1 << 15]);
            });
      }
      barrier(sides);
      stream.read();
      got.get(10, TimeUnit.SECONDS);
      barrier(sides);
      stream.read();
      TwoSides.Message adjust = sides.next();
      assertThat(adjust.command()).isEqualTo(SshConstants.SSH_MSG_CHANNEL_WINDOW_ADJUST);
      assertThat(adjust.body().getInt()).isZero();
      assertThat(adjust.body().getInt()).isEqualTo(part);
    }
  }

  @Test
  void emptyBuffer_withoutAWindow_isWrittenForItsPromise() throws Exception {
    try (TwoSides sides = TwoSides.rawPeer()) {
      SshStreamChannel stream = openToRawPeer(sides, 0);
      stream.writeAndFlush(Unpooled.EMPTY_BUFFER).get(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void data_behindTheOtherSidesClose_isNotSent() throws Exception {
    try (TwoSides sides = TwoSides.rawPeer()) {
      SshStreamChannel stream = openToRawPeer(sides, 1 << 20);
      sides.send(SshConstants.SSH_MSG_CHANNEL_EOF, p -> p.putUInt(0));
      sides.send(SshConstants.SSH_MSG_CHANNEL_CLOSE, p -> p.putUInt(0));
      barrier(sides);
      stream.writeAndFlush(Unpooled.wrappedBuffer(new byte[100])).get(10, TimeUnit.SECONDS);
      stream.read();
      stream.read();
      assertThat(sides.next().command()).isEqualTo(SshConstants.SSH_MSG_CHANNEL_CLOSE);
      await().until(() -> sides.onLeft(() -> sides.left().streamCount()) == 0);
      barrier(sides);
    }
  }

  /** A console that has seen its end does not read on; a splice neither. */
  @Test
  void close_afterTheEndWasRead_needsNoReader() throws Exception {
    try (TwoSides sides = TwoSides.rawPeer()) {
      SshStreamChannel stream = openToRawPeer(sides, 1 << 20);
      CompletableFuture<Void> ended = new CompletableFuture<>();
      stream
          .pipeline()
          .addLast(
              new ChannelInboundHandlerAdapter() {
                @Override
                public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
                  assertThat(event).isSameAs(ChannelInputShutdownEvent.INSTANCE);
                  ended.complete(null);
                }
              });
      stream.read();
      sides.send(SshConstants.SSH_MSG_CHANNEL_EOF, p -> p.putUInt(0));
      ended.get(10, TimeUnit.SECONDS);
      sides.send(SshConstants.SSH_MSG_CHANNEL_CLOSE, p -> p.putUInt(0));
      stream.closeFuture().get(10, TimeUnit.SECONDS);
      assertThat(sides.next().command()).isEqualTo(SshConstants.SSH_MSG_CHANNEL_CLOSE);
    }
  }

  @Test
  void sessionEnds_wholeStreamsAreDelivered_othersAreCut() throws Exception {
    try (TwoSides sides = TwoSides.rawPeer()) {
      SshStreamChannel whole = openToRawPeer(sides, 1 << 20);
      SshStreamChannel part = openToRawPeer(sides, 1 << 20);
      for (int i = 0; i < 2; i++) {
        int id = i;
        sides.send(
            SshConstants.SSH_MSG_CHANNEL_DATA,
            p -> {
              p.putUInt(id);
              p.putBytes(new byte[1000]);
            });
      }
      sides.send(SshConstants.SSH_MSG_CHANNEL_EOF, p -> p.putUInt(0));
      barrier(sides);
      sides.cutSocket();
      sides.leftRole.closed.get(10, TimeUnit.SECONDS);
      Sink first = Sink.of(whole);
      Sink second = Sink.of(part);
      first.done.get(10, TimeUnit.SECONDS);
      second.done.get(10, TimeUnit.SECONDS);
      assertThat(first.whole).isTrue();
      assertThat(first.bytes.size()).isEqualTo(1000);
      assertThat(second.whole).isFalse();
    }
  }

  /** The answer shows that all that was sent before it has been handled. */
  private static void barrier(TwoSides sides) throws Exception {
    sides.leftRole.onRequest = GlobalRequest::fail;
    sides.send(
        SshConstants.SSH_MSG_GLOBAL_REQUEST,
        p -> {
          p.putString("barrier");
          p.putBoolean(true);
        });
    assertThat(sides.next().command()).isEqualTo(SshConstants.SSH_MSG_REQUEST_FAILURE);
  }

  private static SshStreamChannel open(TwoSides sides, EventLoop on) throws Exception {
    return TwoSides.get(sides.left().open(on, "test@relay", p -> {}));
  }

  private static SshStreamChannel openToRawPeer(TwoSides sides, int window) throws Exception {
    var opened = sides.left().open(sides.thirdLoop(), "test@relay", p -> {});
    var asked = sides.next();
    asked.body().getString();
    int id = asked.body().getInt();
    sides.send(
        SshConstants.SSH_MSG_CHANNEL_OPEN_CONFIRMATION,
        p -> {
          p.putUInt(id);
          p.putUInt(id);
          p.putUInt(window);
          p.putUInt(1 << 15);
        });
    return TwoSides.get(opened);
  }

  private static ByteBuf pattern(int from, int length) {
    ByteBuf bytes = Unpooled.buffer(length);
    for (int i = from; i < from + length; i += 4) {
      bytes.writeInt(i);
    }
    return bytes;
  }
}
