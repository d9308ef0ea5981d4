package relay.common.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.RecvByteBufAllocator.ExtendedHandle;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import relay.common.stream.Transport;

/** A peer that always has more to read than is asked for. */
class ShortTurnsTest {

  private long now;
  private final Channel channel = new EmbeddedChannel();
  private final ExtendedHandle handle = (ExtendedHandle) new ShortTurns(() -> now).newHandle();

  @AfterEach
  void close() {
    channel.close();
  }

  /** The sizes of one turn's reads, each handled in so many microseconds for a KiB. */
  private List<Integer> turn(long microsPerKib) {
    List<Integer> sizes = new ArrayList<>();
    handle.reset(channel.config());
    do {
      ByteBuf buffer = handle.allocate(Transport.ALLOCATOR);
      int size = buffer.writableBytes();
      buffer.release();
      handle.attemptedBytesRead(size);
      handle.lastBytesRead(size);
      handle.incMessagesRead(1);
      sizes.add(size);
      now += TimeUnit.MICROSECONDS.toNanos(microsPerKib * size / 1024);
    } while (handle.continueReading(() -> true));
    handle.readComplete();
    return sizes;
  }

  @Test
  void data_isReadAsNettyWould() {
    turn(0);
    turn(0);
    assertThat(turn(1)).hasSize(16).containsOnly(64 << 10);
  }

  @Test
  void turn_endsOnceItsTimeIsUp() {
    turn(0);
    turn(0);
    assertThat(turn(4)).hasSize(4).containsOnly(64 << 10);
  }

  @Test
  void whatIsSlow_isReadInPiecesThatTakeNoLongerThanATurn_untilItIsFastAgain() {
    turn(0);
    turn(0);
    assertThat(turn(100)).as("it is not known before").containsExactly(64 << 10);
    for (int i = 0; i < 5; i++) {
      turn(100);
    }
    assertThat(turn(100)).containsExactly(8 << 10, 8 << 10);
    turn(1);
    assertThat(turn(1)).containsOnly(64 << 10);
  }

  @Test
  void whatIsEverSoSlow_isRead() {
    for (int i = 0; i < 10; i++) {
      turn(100_000);
    }
    assertThat(turn(100_000)).containsExactly(1024);
  }

  @Test
  void turn_endsWhereNoMoreIsThere() {
    handle.reset(channel.config());
    handle.allocate(Unpooled.EMPTY_BUFFER.alloc()).release();
    handle.attemptedBytesRead(2048);
    handle.lastBytesRead(10);
    handle.incMessagesRead(1);
    assertThat(handle.continueReading(() -> false)).isFalse();
  }
}
