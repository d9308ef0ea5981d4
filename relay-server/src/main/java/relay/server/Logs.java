package relay.server;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxy;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.AppenderBase;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import relay.common.endpoint.InvalidValue;
import relay.server.auth.Audit;
import relay.server.config.LogFormat;

/** Sets logback up in code: our own events from INFO, those of the libraries from WARN. */
final class Logs {

  /** Events that wait for a slow reader of the log; more are dropped rather than wait for it. */
  private static final int QUEUE = 8192;

  /** How long a stop waits for a slow reader of the log, in milliseconds. */
  private static final int MAX_FLUSH = 2000;

  /** Our class, but MINA's words: at each login it would write the login name as it came. */
  private static final String MINA_SESSION = "relay.server.ssh.RelaySession";

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
    OutputStreamAppender<ILoggingEvent> lines = new OutputStreamAppender<>();
    lines.setContext(logback);
    lines.setName("lines");
    lines.setEncoder(encoder(logback, format));
    lines.setOutputStream(out);
    lines.start();
    FatalErrors errors = new FatalErrors(fatal);
    errors.setContext(logback);
    errors.setName("fatal");
    errors.start();
    Logger root = logback.getLogger(Logger.ROOT_LOGGER_NAME);
    root.setLevel(Level.WARN);
    root.addAppender(errors);
    root.addAppender(queue(logback, new AsyncAppender(), "queue", lines));
    logback.getLogger("relay").setLevel(Level.INFO);
    logback.getLogger(MINA_SESSION).setLevel(Level.WARN);
  }

  /**
   * Gives the audit log a file of its own (0600, appended to), which is not in the log then.
   *
   * @param path null for none
   * @throws StartFailure where the file cannot be written
   */
  static void audit(@Nullable Path path) throws StartFailure {
    if (path == null) {
      return;
    }
    try {
      Files.newByteChannel(
              path,
              Set.of(StandardOpenOption.CREATE, StandardOpenOption.APPEND),
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))
          .close();
    } catch (IOException e) {
      throw new StartFailure(
          "log.audit-file: '"
              + InvalidValue.shown(path.toString())
              + "': expected a file that can be written, in a directory that there is",
          e);
    }
    LoggerContext logback = (LoggerContext) LoggerFactory.getILoggerFactory();
    FileAppender<ILoggingEvent> lines = new FileAppender<>();
    lines.setContext(logback);
    lines.setName("audit-lines");
    lines.setEncoder(encoder(logback, LogFormat.JSON));
    lines.setFile(path.toString());
    lines.start();
    Logger audit = logback.getLogger(Audit.LOGGER);
    audit.setAdditive(false);
    audit.addAppender(queue(logback, new AuditQueue(), "audit", lines));
  }

  private static LayoutWrappingEncoder<ILoggingEvent> encoder(
      LoggerContext logback, LogFormat format) {
    LogLayout layout = new LogLayout(format);
    layout.setContext(logback);
    layout.start();
    LayoutWrappingEncoder<ILoggingEvent> encoder = new LayoutWrappingEncoder<>();
    encoder.setContext(logback);
    encoder.setCharset(StandardCharsets.UTF_8);
    encoder.setLayout(layout);
    encoder.start();
    return encoder;
  }

  private static AsyncAppender queue(
      LoggerContext logback, AsyncAppender queue, String name, Appender<ILoggingEvent> lines) {
    queue.setContext(logback);
    queue.setName(name);
    queue.setQueueSize(QUEUE);
    queue.setDiscardingThreshold(0);
    queue.setNeverBlock(true);
    queue.setMaxFlushTime(MAX_FLUSH);
    queue.addAppender(lines);
    queue.start();
    return queue;
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

  /** Says so when audit events are lost, once each time that the file falls behind. */
  private static final class AuditQueue extends AsyncAppender {

    private final AtomicBoolean full = new AtomicBoolean();

    @Override
    protected void append(ILoggingEvent event) {
      boolean isFull = getRemainingCapacity() == 0;
      if (full.getAndSet(isFull) != isFull && isFull) {
        LoggerFactory.getLogger(Logs.class).warn("audit events are lost: the file is too slow");
      }
      super.append(event);
    }
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
