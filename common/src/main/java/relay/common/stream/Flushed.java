package relay.common.stream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelOutboundBuffer;
import java.util.function.Predicate;

/** The flushed buffers of a channel, which all hold bytes. */
final class Flushed {

  private Flushed() {}

  /** How many bytes of the flushed buffers there are, counted until there are {@code enough}. */
  static int bytes(ChannelOutboundBuffer out, int enough) {
    if (out.current() instanceof ByteBuf first && first.readableBytes() >= enough) {
      return enough;
    }
    int[] sum = new int[1];
    forEach(
        out,
        bytes -> {
          sum[0] += bytes.readableBytes();
          return sum[0] < enough;
        });
    return sum[0];
  }

  /** Shows the flushed buffers, the oldest first, for as long as {@code more} says so. */
  static void forEach(ChannelOutboundBuffer out, Predicate<ByteBuf> more) {
    try {
      out.forEachFlushedMessage(message -> more.test((ByteBuf) message));
    } catch (Exception e) {
      throw new IllegalStateException("looking at buffers does not fail", e);
    }
  }
}
