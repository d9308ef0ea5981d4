package relay.common.ssh;

import java.security.SecureRandom;
import org.apache.sshd.common.random.AbstractRandom;

/**
 * Random bytes for paddings and cookies, which every packet needs a few of. They come from the
 * system's generator, but 4 KiB at a time: asking it for eight bytes costs about as much. (MINA
 * would take a stream cipher seeded with eight bytes.) Keys are not made from these.
 */
final class PacketRandom extends AbstractRandom {

  static final PacketRandom SHARED = new PacketRandom();

  private final SecureRandom source = new SecureRandom();
  private final byte[] block = new byte[4096];
  private int used = block.length;

  private PacketRandom() {}

  @Override
  public String getName() {
    return "relay";
  }

  @Override
  public synchronized void fill(byte[] bytes, int start, int length) {
    int done = 0;
    while (done < length) {
      if (used == block.length) {
        source.nextBytes(block);
        used = 0;
      }
      int part = Math.min(length - done, block.length - used);
      System.arraycopy(block, used, bytes, start + done, part);
      used += part;
      done += part;
    }
  }

  @Override
  public int random(int bound) {
    return source.nextInt(bound);
  }
}
