package relay.common.ssh;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.ChannelConfig;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.util.UncheckedBooleanSupplier;
import java.util.function.LongSupplier;

/**
 * How much is read from one SSH socket before the others of its event loop have their turn: as much
 * as Netty would read, but no more once {@link #TURN_NANOS} are used up. A read that took longer
 * than that by itself is followed by ones of half its size, until they take less: 64 KiB are two
 * packets of data, or a thousand requests.
 */
final class ShortTurns implements RecvByteBufAllocator {

  private static final long TURN_NANOS = 1_000_000;
  private static final int LEAST_BYTES = 1024;
  private static final int MOST_BYTES = 64 << 10;
  private static final int READS = 16;

  private final LongSupplier nanoTime;
  private final RecvByteBufAllocator sizes =
      new AdaptiveRecvByteBufAllocator(LEAST_BYTES, 2048, MOST_BYTES).maxMessagesPerRead(READS);

  ShortTurns() {
    this(System::nanoTime);
  }

  ShortTurns(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  @Override
  @SuppressWarnings("deprecation") // of what Netty gives, the type that its channels ask for
  public Handle newHandle() {
    return new Turn((ExtendedHandle) sizes.newHandle());
  }

  /** Of one channel; on its event loop. */
  private final class Turn extends DelegatingHandle implements ExtendedHandle {

    private final ExtendedHandle sizes;
    private int most = MOST_BYTES;
    private long begun;
    private long lastRead;

    Turn(ExtendedHandle sizes) {
      super(sizes);
      this.sizes = sizes;
    }

    @Override
    public int guess() {
      return Math.min(most, sizes.guess());
    }

    @Override
    public ByteBuf allocate(ByteBufAllocator allocator) {
      return allocator.ioBuffer(guess());
    }

    @Override
    public void reset(ChannelConfig config) {
      sizes.reset(config);
      begun = nanoTime.getAsLong();
    }

    @Override
    public void lastBytesRead(int bytes) {
      sizes.lastBytesRead(bytes);
      lastRead = nanoTime.getAsLong();
    }

    @Override
    public boolean continueReading() {
      return hasTime() && sizes.continueReading();
    }

    @Override
    public boolean continueReading(UncheckedBooleanSupplier maybeMore) {
      return hasTime() && sizes.continueReading(maybeMore);
    }

    /** To be asked once after each read was handled. */
    private boolean hasTime() {
      long now = nanoTime.getAsLong();
      long took = now - lastRead;
      if (took > TURN_NANOS) {
        most = Math.max(LEAST_BYTES, Math.min(most, sizes.attemptedBytesRead()) / 2);
      } else if (took < TURN_NANOS / 4) {
        most = Math.min(MOST_BYTES, most * 2);
      }
      return now - begun < TURN_NANOS;
    }
  }
}
