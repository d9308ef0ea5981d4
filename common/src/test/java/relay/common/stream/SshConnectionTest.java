package relay.common.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.sshd.common.SshConstants;
import org.junit.jupiter.api.Test;

class SshConnectionTest {

  private static final Duration LONG = Duration.ofSeconds(10);

  @Test
  void open_confirmed_isAStreamOnTheLoopAskedFor() throws Exception {
    try (TwoSides sides = TwoSides.connections()) {
      sides.rightRole.onOpen = open -> accept(open, sides.right());
      var opened = sides.left().open(sides.thirdLoop(), "test@relay", packet -> {});
      SshStreamChannel stream = TwoSides.get(opened);
      assertThat(stream.eventLoop()).isSameAs(opened.getNow().eventLoop());
      assertThat(stream.isActive()).isTrue();
      stream.close().sync();
      await().until(() -> count(sides) == 0);
    }
  }

  @Test
  void open_refused_failsWithTheReason() throws Exception {
    try (TwoSides sides = TwoSides.connections()) {
      sides.rightRole.onOpen = open -> refuse(open);
      var opened = sides.left().open(sides.thirdLoop(), "test@relay", packet -> {});
      assertThat(reason(opened)).isEqualTo(OpenRefused.Reason.REFUSED);
      assertThat(opened.cause()).hasMessage("2 nothing there");
      assertThat(count(sides)).isZero();
    }
  }

  @Test
  void open_unanswered_timesOutAndLeavesATombstone() throws Exception {
    StreamLimits limits = new StreamLimits(4096, new WindowBudget(0), 2, Duration.ofMillis(100));
    try (TwoSides sides = TwoSides.rawPeer(limits)) {
      Future<SshStreamChannel> opened = sides.left().open(sides.thirdLoop(), "a", packet -> {});
      int id = openedId(sides.next());
      assertThat(reason(opened)).isEqualTo(OpenRefused.Reason.NO_ANSWER);
      assertThat(count(sides)).as("the id is not free yet").isEqualTo(1);

      sides.send(
          SshConstants.SSH_MSG_CHANNEL_OPEN_CONFIRMATION,
          packet -> {
            packet.putUInt(id);
            packet.putUInt(77);
            packet.putUInt(1 << 20);
            packet.putUInt(1 << 15);
          });
      TwoSides.Message close = sides.next();
      assertThat(close.command()).isEqualTo(SshConstants.SSH_MSG_CHANNEL_CLOSE);
      assertThat(close.body().getInt()).isEqualTo(77);
      sides.send(SshConstants.SSH_MSG_CHANNEL_CLOSE, packet -> packet.putUInt(id));
      await().until(() -> count(sides) == 0);
    }
  }

  @Test
  void open_refusedLate_buriesTheTombstone() throws Exception {
    StreamLimits limits = new StreamLimits(4096, new WindowBudget(0), 2, Duration.ofMillis(100));
    try (TwoSides sides = TwoSides.rawPeer(limits)) {
      Future<SshStreamChannel> opened = sides.left().open(sides.thirdLoop(), "a", packet -> {});
      int id = openedId(sides.next());
      assertThat(reason(opened)).isEqualTo(OpenRefused.Reason.NO_ANSWER);
      sides.send(
          SshConstants.SSH_MSG_CHANNEL_OPEN_FAILURE,
          packet -> {
            packet.putUInt(id);
            packet.putUInt(2);
            packet.putString("late");
            packet.putString("");
          });
      await().until(() -> count(sides) == 0);
    }
  }

  /** Three places, for how many connections there may be. */
  private static final class Three implements StreamQuota {
    final AtomicInteger taken = new AtomicInteger();

    @Override
    public boolean acquire() {
      return taken.getAndUpdate(n -> Math.min(3, n + 1)) < 3;
    }

    @Override
    public void release() {
      taken.decrementAndGet();
    }
  }

  @Test
  void sharedQuota_isTakenByEachChannel_andGivenBackByEachEnd() throws Exception {
    Three quota = new Three();
    try (TwoSides sides = TwoSides.connections(TwoSides.LIMITS.sharing(quota, null))) {
      sides.rightRole.onOpen = open -> accept(open, sides.right());
      SshStreamChannel ours = TwoSides.get(sides.left().open(sides.thirdLoop(), "a", packet -> {}));
      Future<SshStreamChannel> asked = sides.right().open(sides.thirdLoop(), "b", packet -> {});
      StreamOpen first = sides.leftRole.opens.poll(10, TimeUnit.SECONDS);
      sides.right().open(sides.thirdLoop(), "c", packet -> {});
      StreamOpen second = sides.leftRole.opens.poll(10, TimeUnit.SECONDS);
      assertThat(quota.taken).hasValue(3);

      var fourth = sides.right().open(sides.thirdLoop(), "d", packet -> {});
      assertThat(reason(fourth)).isEqualTo(OpenRefused.Reason.REFUSED);
      assertThat(fourth.cause()).hasMessage("4 all channels are in use");
      assertThat(reason(sides.left().open(sides.thirdLoop(), "e", packet -> {})))
          .isEqualTo(OpenRefused.Reason.TOO_MANY);
      assertThat(quota.taken).hasValue(3);

      sides.left().eventLoop().execute(() -> refuse(second));
      await().until(() -> quota.taken.get() == 2);
      sides.left().eventLoop().execute(() -> accept(first, sides.left()));
      SshStreamChannel theirs = TwoSides.get(asked);
      assertThat(quota.taken).hasValue(2);
      theirs.close().sync();
      await().until(() -> quota.taken.get() == 1);
      assertThat(ours.isActive()).isTrue();

      sides.right().open(sides.thirdLoop(), "f", packet -> {});
      StreamOpen last = sides.leftRole.opens.poll(10, TimeUnit.SECONDS);
      assertThat(quota.taken).hasValue(2);
      sides.leftSession().close(true);
      sides.leftRole.closed.get(10, TimeUnit.SECONDS);
      assertThat(quota.taken).hasValue(0);
      sides.left().eventLoop().submit(() -> refuse(last)).sync();
      assertThat(quota.taken).as("it was given back with all").hasValue(0);
    }
  }

  @Test
  void open_cancelled_isClosedWhenItIsConfirmed() throws Exception {
    try (TwoSides sides = TwoSides.connections()) {
      sides.rightRole.onOpen = sides.rightRole.opens::add;
      Future<SshStreamChannel> opened = sides.left().open(sides.thirdLoop(), "a", packet -> {});
      StreamOpen asked = sides.rightRole.opens.poll(10, TimeUnit.SECONDS);
      assertThat(opened.cancel(false)).isTrue();
      SshStreamChannel theirs = sides.onRight(() -> asked.accept(sides.right().eventLoop()));
      theirs.closeFuture().get(10, TimeUnit.SECONDS);
      await().until(() -> count(sides) == 0);
    }
  }

  @Test
  void open_beyondTheLimit_isRefusedAtOnce() throws Exception {
    StreamLimits limits = new StreamLimits(4096, new WindowBudget(0), 2, LONG);
    try (TwoSides sides = TwoSides.rawPeer(limits)) {
      sides.left().open(sides.thirdLoop(), "a", packet -> {});
      sides.left().open(sides.thirdLoop(), "b", packet -> {});
      var third = sides.left().open(sides.thirdLoop(), "c", packet -> {});
      assertThat(reason(third)).isEqualTo(OpenRefused.Reason.TOO_MANY);
    }
  }

  @Test
  void peerOpens_beyondTheLimit_isRefused() throws Exception {
    StreamLimits limits = new StreamLimits(4096, new WindowBudget(0), 2, LONG);
    try (TwoSides sides = TwoSides.rawPeer(limits)) {
      sides.leftRole.onOpen = open -> accept(open, sides.left()).close();
      for (int i = 0; i < 3; i++) {
        int peerId = i;
        sides.send(
            SshConstants.SSH_MSG_CHANNEL_OPEN,
            packet -> {
              packet.putString("test@relay");
              packet.putUInt(peerId);
              packet.putUInt(1 << 20);
              packet.putUInt(1 << 15);
            });
      }
      List<Integer> commands = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        commands.add(sides.next().command());
      }
      assertThat(commands)
          .as("two were closed by us; the peer, which does not close them, gets no third")
          .containsExactly(
              (int) SshConstants.SSH_MSG_CHANNEL_OPEN_CONFIRMATION,
              (int) SshConstants.SSH_MSG_CHANNEL_CLOSE,
              (int) SshConstants.SSH_MSG_CHANNEL_OPEN_CONFIRMATION,
              (int) SshConstants.SSH_MSG_CHANNEL_CLOSE,
              (int) SshConstants.SSH_MSG_CHANNEL_OPEN_FAILURE);
    }
  }

  @Test
  void open_afterTheSession_fails() throws Exception {
    try (TwoSides sides = TwoSides.connections()) {
      Future<SshStreamChannel> pending = sides.left().open(sides.thirdLoop(), "a", packet -> {});
      sides.cutSocket();
      assertThat(reason(pending)).isEqualTo(OpenRefused.Reason.CLOSED);
      sides.leftRole.closed.get(10, TimeUnit.SECONDS);
      var late = sides.left().open(sides.thirdLoop(), "a", packet -> {});
      assertThat(reason(late)).isEqualTo(OpenRefused.Reason.CLOSED);
    }
  }

  @Test
  void streams_openedAndClosedTenThousandTimes_leaveNothing() throws Exception {
    try (TwoSides sides = TwoSides.connections()) {
      sides.rightRole.onOpen = open -> accept(open, sides.right());
      AtomicInteger failed = new AtomicInteger();
      AtomicInteger left = new AtomicInteger(10_000);
      for (int i = 0; i < 50; i++) {
        openAndClose(sides, left, failed);
      }
      await().atMost(20, TimeUnit.SECONDS).until(() -> left.get() <= 0 && count(sides) == 0);
      assertThat(failed).hasValue(0);
      await().until(() -> sides.onRight(() -> sides.right().streamCount()) == 0);
    }
  }

  private static void openAndClose(TwoSides sides, AtomicInteger left, AtomicInteger failed) {
    if (left.decrementAndGet() < 0) {
      return;
    }
    sides
        .left()
        .open(sides.thirdLoop(), "a", packet -> {})
        .addListener((Future<SshStreamChannel> opened) -> {
          if (!opened.isSuccess()) {
            failed.incrementAndGet();
            return;
          }
          opened.getNow().close().addListener(closed -> openAndClose(sides, left, failed));
        });
  }

  static SshStreamChannel accept(StreamOpen open, SshConnection connection) {
    try {
      SshStreamChannel stream = open.accept(connection.eventLoop());
      stream.read();
      return stream;
    } catch (java.io.IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void refuse(StreamOpen open) {
    try {
      open.refuse(2, "nothing there");
    } catch (java.io.IOException e) {
      throw new AssertionError(e);
    }
  }

  private static int count(TwoSides sides) throws Exception {
    return sides.onLeft(() -> sides.left().streamCount());
  }

  private static int openedId(TwoSides.Message open) {
    assertThat(open.command()).isEqualTo(SshConstants.SSH_MSG_CHANNEL_OPEN);
    open.body().getString();
    return open.body().getInt();
  }

  private static OpenRefused.Reason reason(Future<SshStreamChannel> opened) {
    assertThatThrownBy(() -> opened.get(10, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(OpenRefused.class);
    return ((OpenRefused) opened.cause()).reason();
  }
}
