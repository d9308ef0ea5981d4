package relay.common.stream;

import io.netty.channel.EventLoop;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.session.helpers.AbstractSession;
import org.apache.sshd.common.util.buffer.Buffer;
import relay.common.ssh.LoopKeyExchange;
import relay.common.ssh.NettyIoSession;
import relay.common.ssh.PacketBuffers;

/**
 * What one connection sends. Streams on the session's event loop write through; those on other
 * loops hand their packets over, and everything else that they send waits behind these.
 */
final class Outgoing {

  /** What other loops may have handed over and not seen encrypted, in bytes. */
  private static final int HANDED_OVER_MAX = 256 * 1024;

  /** Recipient and length of a data packet, and some, in bytes. */
  private static final int DATA_HEADER = 16;

  /** Those of the binary packet (RFC 4253 §6), its padding and any MAC too. */
  private static final int PACKET_OVERHEAD = DATA_HEADER + 5 + 255 + 64;

  /** From here on a packet is worth being filled again, in bytes. */
  private static final int LARGE_DATA = 8 * 1024;

  private record HandedOver(StreamState state, Buffer packet) {}

  private final AbstractSession session;
  private final NettyIoSession transport;
  private final LoopKeyExchange keyExchange;
  private final Consumer<IOException> failed;
  private final EventLoop loop;

  private final ArrayDeque<SshStreamChannel> starved = new ArrayDeque<>();
  private final Queue<HandedOver> handedOver = new ConcurrentLinkedQueue<>();
  private final AtomicInteger handedOverBytes = new AtomicInteger();
  private final AtomicBoolean takeScheduled = new AtomicBoolean();
  private boolean closed;

  /**
   * @param failed told on the event loop that a packet could not be written
   */
  Outgoing(
      AbstractSession session,
      NettyIoSession transport,
      LoopKeyExchange keyExchange,
      Consumer<IOException> failed) {
    this.session = session;
    this.transport = transport;
    this.keyExchange = keyExchange;
    this.failed = failed;
    this.loop = transport.eventLoop();
  }

  /** Whether a stream should make data packets now. Any thread. */
  boolean isWritable() {
    return keyExchange.isIdle()
        && transport.isWritable()
        && handedOverBytes.get() < HANDED_OVER_MAX;
  }

  /** An empty packet. Any thread. */
  Buffer packet(byte command, int length) {
    return session.createBuffer(command, length);
  }

  /** A data packet to be filled. Any thread. */
  Buffer dataPacket(StreamState state, int length) {
    Buffer packet = dataPacket(length);
    packet.putUInt(state.peerId);
    packet.putUInt(length);
    return packet;
  }

  private Buffer dataPacket(int length) {
    if (length < LARGE_DATA) {
      return session.createBuffer(SshConstants.SSH_MSG_CHANNEL_DATA, length + DATA_HEADER);
    }
    Buffer spare = PacketBuffers.take(length + PACKET_OVERHEAD);
    return spare != null
        ? session.prepareBuffer(SshConstants.SSH_MSG_CHANNEL_DATA, spare)
        : session.createBuffer(
            SshConstants.SSH_MSG_CHANNEL_DATA, SshConnection.MAX_PACKET + PACKET_OVERHEAD);
  }

  /** Data of type SSH_EXTENDED_DATA_STDERR (RFC 4254 §5.2). Any thread. */
  Buffer errorPacket(StreamState state, byte[] text, int length) {
    Buffer packet = session.createBuffer(SshConstants.SSH_MSG_CHANNEL_EXTENDED_DATA, length + 16);
    packet.putUInt(state.peerId);
    packet.putUInt(1);
    packet.putBytes(text, 0, length);
    return packet;
  }

  /** Sends a packet of the stream in the order of the calls. Any thread. */
  void sendData(StreamState state, Buffer packet) {
    if (loop.inEventLoop()) {
      writeData(state, packet);
      return;
    }
    handedOverBytes.addAndGet(packet.available());
    handedOver.add(new HandedOver(state, packet));
    if (takeScheduled.compareAndSet(false, true)) {
      loop.execute(this::takeHandedOver);
    }
  }

  /** Behind a CLOSE of either side the id may be another channel's already: nothing is sent. */
  private void writeData(StreamState state, Buffer packet) {
    if (state.isSending()) {
      write(packet);
    }
  }

  private void takeHandedOver() {
    takeScheduled.set(false);
    boolean wasFull = handedOverBytes.get() >= HANDED_OVER_MAX;
    for (HandedOver next = handedOver.poll(); next != null; next = handedOver.poll()) {
      handedOverBytes.addAndGet(-next.packet().available());
      writeData(next.state(), next.packet());
    }
    if (wasFull) {
      resume();
    }
  }

  /**
   * Runs now on the loop, else there, behind the data packets that were handed over: so that EOF
   * and CLOSE never overtake the bytes before them. Any thread.
   */
  void onLoop(Runnable action) {
    if (loop.inEventLoop()) {
      action.run();
    } else {
      loop.execute(() -> {
        takeHandedOver();
        action.run();
      });
    }
  }

  /**
   * To be told by {@link SshStreamChannel#resume} when {@link #isWritable} may say yes. Any thread.
   */
  void awaitWritable(SshStreamChannel channel) {
    onLoop(() -> {
      starved.add(channel);
      if (isWritable()) {
        loop.execute(this::resume);
      }
    });
  }

  /** There may be room again: the streams that wait go on, in turn. On the event loop. */
  void resume() {
    for (int n = starved.size(); n > 0 && isWritable(); n--) {
      starved.remove().resume();
    }
  }

  /** Writes a packet, unless the session is over. On the event loop. */
  void write(Buffer packet) {
    if (closed) {
      return;
    }
    try {
      session.writePacket(packet);
    } catch (IOException e) {
      failed.accept(e);
    }
  }

  /** Nothing is sent any more. On the event loop. */
  void close() {
    closed = true;
    starved.clear();
    handedOver.clear();
  }
}
