package relay.common.ssh;

import io.netty.channel.EventLoop;
import java.io.IOException;
import java.util.AbstractMap.SimpleImmutableEntry;
import java.util.concurrent.locks.Lock;
import org.apache.sshd.common.future.DefaultKeyExchangeFuture;
import org.apache.sshd.common.io.IoWriteFuture;
import org.apache.sshd.common.session.helpers.AbstractSession;
import org.apache.sshd.common.session.helpers.KeyExchangeMessageHandler;
import org.apache.sshd.common.session.helpers.PendingWriteFuture;
import org.apache.sshd.common.util.buffer.Buffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * MINA's key exchange queue, kept on the session's event loop: nobody blocks while keys are
 * exchanged, and what waited is written on the loop, not by a thread pool.
 */
public final class LoopKeyExchange extends KeyExchangeMessageHandler {

  private static final Logger LOG = LoggerFactory.getLogger(LoopKeyExchange.class);

  /** The session's own write, which MINA keeps protected. */
  @FunctionalInterface
  public interface Writer {
    IoWriteFuture write(Buffer packet) throws IOException;
  }

  private final Writer writer;
  private Runnable whenDone = () -> {};

  public LoopKeyExchange(AbstractSession session, Writer writer) {
    super(session, LOG);
    this.writer = writer;
  }

  /** Called on {@code loop} after every key exchange, once data may flow again. */
  public void whenDone(EventLoop loop, Runnable action) {
    whenDone = () -> loop.execute(action);
  }

  /** Whether data written now would go out now: no key exchange runs. Any thread. */
  public boolean isIdle() {
    return kexFlushed.get();
  }

  @Override
  protected boolean isBlockAllowed(int command) {
    return false;
  }

  @Override
  public SimpleImmutableEntry<Integer, DefaultKeyExchangeFuture> terminateKeyExchange() {
    SimpleImmutableEntry<Integer, DefaultKeyExchangeFuture> result = super.terminateKeyExchange();
    whenDone.run();
    return result;
  }

  @Override
  protected void flushQueue(DefaultKeyExchangeFuture flushed) {
    Lock write = lock.writeLock();
    write.lock();
    try {
      for (PendingWriteFuture p = pendingPackets.poll(); p != null; p = pendingPackets.poll()) {
        writer.write(p.getBuffer()).addListener(p);
      }
    } catch (IOException e) {
      session.exceptionCaught(e);
    } finally {
      kexFlushed.set(true);
      write.unlock();
    }
    flushed.setValue(true);
  }
}
