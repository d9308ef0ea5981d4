package relay.server;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxy;
import ch.qos.logback.core.AppenderBase;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.slf4j.LoggerFactory;
import relay.server.config.LogFormat;

/** Sets logback up in code: our own events from INFO, those of the libraries from WARN. */
final class Logs {

  /** Events that wait for a slow reader of the log; more are dropped rather than wait for it. */
  private static final int QUEUE = 8192;

  /** How long a stop waits for a slow reader of the log, in milliseconds. */
  private static final int MAX_FLUSH = 2000;

  private Logs() {}

  /** Nothing is logged before it is known how; logback by itself would log everything. */
  static void quiet() {
    LoggerContext logback = (LoggerContext) LoggerFactory.getILoggerFactory();
    logback.reset();
    logback.getLogger(Logger.ROOT_LOGGER_NAME).setLevel(Level.OFF);
  }

  /**
   * Replaces whatever logging was set up before.
   *
   * @param fatal is given an error after which the process must not go on: Netty and MINA catch
   *     everything, and tell it nowhere but in the log
   */
  static void start(LogFormat format, OutputStream out, Consumer<Throwable> fatal) {
    LoggerContext logback = (LoggerContext) LoggerFactory.getILoggerFactory();
    logback.reset();
    LogLayout layout = new LogLayout(format);
    layout.setContext(logback);
    layout.start();
    LayoutWrappingEncoder<ILoggingEvent> encoder = new LayoutWrappingEncoder<>();
    encoder.setContext(logback);
    encoder.setCharset(StandardCharsets.UTF_8);
    encoder.setLayout(layout);
    encoder.start();
    OutputStreamAppender<ILoggingEvent> lines = new OutputStreamAppender<>();
    lines.setContext(logback);
    lines.setName("lines");
    lines.setEncoder(encoder);
    lines.setOutputStream(out);
    lines.start();
    AsyncAppender queue = new AsyncAppender();
    queue.setContext(logback);
    queue.setName("queue");
    queue.setQueueSize(QUEUE);
    queue.setDiscardingThreshold(0);
    queue.setNeverBlock(true);
    queue.setMaxFlushTime(MAX_FLUSH);
    queue.addAppender(lines);
    queue.start();
    FatalErrors errors = new FatalErrors(fatal);
    errors.setContext(logback);
    errors.setName("fatal");
    errors.start();
    Logger root = logback.getLogger(Logger.ROOT_LOGGER_NAME);
    root.setLevel(Level.WARN);
    root.addAppender(errors);
    root.addAppender(queue);
    logback.getLogger("relay").setLevel(Level.INFO);
  }

  /** Writes what is queued, and ends. */
  static void stop() {
    ((LoggerContext) LoggerFactory.getILoggerFactory()).stop();
  }

  /**
   * Whether the process must not go on. Netty's own OutOfDirectMemoryError, a subclass, costs one
   * channel and no more.
   */
  static boolean isFatal(Throwable thrown) {
    return thrown.getClass() == OutOfMemoryError.class || thrown instanceof InternalError;
  }

  private static final class FatalErrors extends AppenderBase<ILoggingEvent> {

    private final Consumer<Throwable> fatal;

    FatalErrors(Consumer<Throwable> fatal) {
      this.fatal = fatal;
    }

    @Override
    protected void append(ILoggingEvent event) {
      IThrowableProxy proxy = event.getThrowableProxy();
      for (int i = 0; proxy != null && i < 10; i++, proxy = proxy.getCause()) {
        if (proxy instanceof ThrowableProxy thrown && isFatal(thrown.getThrowable())) {
          fatal.accept(thrown.getThrowable());
          return;
        }
      }
    }
  }
}
