package relay.common.ssh;

import io.netty.util.concurrent.FastThreadLocal;
import java.util.ArrayDeque;
import org.apache.sshd.common.util.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * Packets that were sent, to be filled again: in bulk, clearing and collecting arrays of 32 KiB was
 * a sixth of the client's CPU. Each thread keeps a few, half a megabyte at most.
 */
public final class PacketBuffers {

  /** Only packets of data are that large, in bytes. */
  private static final int LARGE = 32 * 1024;

  private static final int KEPT = 16;

  private static final FastThreadLocal<ArrayDeque<Buffer>> SPARE =
      new FastThreadLocal<>() {
        @Override
        protected ArrayDeque<Buffer> initialValue() {
          return new ArrayDeque<>(KEPT);
        }
      };

  private PacketBuffers() {}

  /**
   * A packet that this thread sent, with what was in it.
   *
   * @param length how many bytes it must have room for
   * @return null where there is none so large
   */
  public static @Nullable Buffer take(int length) {
    Buffer spare = SPARE.get().pollLast();
    return spare == null || spare.array().length >= length ? spare : null;
  }

  /** Nobody looks at the packet any more. */
  static void put(Buffer sent) {
    if (sent.array().length >= LARGE) {
      ArrayDeque<Buffer> spare = SPARE.get();
      if (spare.size() < KEPT) {
        spare.addLast(sent);
      }
    }
  }
}
