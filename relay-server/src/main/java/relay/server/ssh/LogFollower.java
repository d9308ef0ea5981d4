package relay.server.ssh;

import io.netty.buffer.ByteBufUtil;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntFunction;
import relay.common.stream.SshStreamChannel;

/**
 * Writes what happens to a session channel as it comes ({@code logs --follow}). A reader who is
 * behind is told how many he has missed.
 */
final class LogFollower implements Consumer<LoggedEvent> {

  /** What is gathered for one packet; a packet for each visit would slow a busy tunnel down. */
  private static final long GATHERED_MS = 50;

  private static final int WAITING = 1_000;

  private final SshStreamChannel stream;
  private final Function<LoggedEvent, String> text;
  private final IntFunction<String> missedText;
  private final Queue<LoggedEvent> queue = new ConcurrentLinkedQueue<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicInteger missed = new AtomicInteger();
  private final AtomicBoolean scheduled = new AtomicBoolean();

  /**
   * @param text an event as it is written, with its end of line
   * @param missedText so many that were left out
   */
  LogFollower(
      SshStreamChannel stream, Function<LoggedEvent, String> text, IntFunction<String> missedText) {
    this.stream = stream;
    this.text = text;
    this.missedText = missedText;
  }

  /** Any thread. */
  @Override
  public void accept(LoggedEvent event) {
    if (waiting.incrementAndGet() > WAITING) {
      waiting.decrementAndGet();
      missed.incrementAndGet();
    } else {
      queue.add(event);
    }
    schedule();
  }

  private void schedule() {
    if (scheduled.compareAndSet(false, true)) {
      stream.eventLoop().schedule(this::write, GATHERED_MS, TimeUnit.MILLISECONDS);
    }
  }

  private void write() {
    scheduled.set(false);
    if (!stream.isActive()) {
      return;
    }
    StringBuilder lines = new StringBuilder();
    while (stream.isWritable() && lines.length() < stream.bytesBeforeUnwritable()) {
      LoggedEvent event = queue.poll();
      if (event == null) {
        break;
      }
      waiting.decrementAndGet();
      lines.append(text.apply(event));
    }
    int gap = stream.isWritable() && queue.isEmpty() ? missed.getAndSet(0) : 0;
    if (gap > 0) {
      lines.append(missedText.apply(gap));
    }
    if (lines.length() > 0) {
      stream.writeAndFlush(ByteBufUtil.writeUtf8(stream.alloc(), lines));
    }
    if (!queue.isEmpty() || missed.get() > 0) {
      schedule();
    }
  }
}
