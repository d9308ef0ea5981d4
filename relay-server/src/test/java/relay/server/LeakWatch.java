package relay.server;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.LoggerFactory;

/** Collects what Netty's leak detector says; the build runs it in its paranoid mode. */
final class LeakWatch extends AppenderBase<ILoggingEvent> {

  /** The collector is asked a few times: it need not clear all references at once. */
  private static final int ROUNDS = 2;

  private final List<String> leaks = new CopyOnWriteArrayList<>();

  @Override
  public void start() {
    leaks.clear();
    Logger root = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
    setContext(root.getLoggerContext());
    root.addAppender(this);
    super.start();
  }

  @Override
  protected void append(ILoggingEvent event) {
    if (event.getFormattedMessage().contains("LEAK")) {
      leaks.add(event.getFormattedMessage());
    }
  }

  /** The leaks since the start. The detector looks for them whenever a buffer is made. */
  List<String> found() {
    if (ResourceLeakDetector.getLevel() != ResourceLeakDetector.Level.PARANOID) {
      throw new AssertionError("run with -Dio.netty.leakDetection.level=paranoid");
    }
    for (int i = 0; i < ROUNDS; i++) {
      System.gc();
      PooledByteBufAllocator.DEFAULT.buffer(16).release();
    }
    ((Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME)).detachAppender(this);
    return List.copyOf(leaks);
  }
}
