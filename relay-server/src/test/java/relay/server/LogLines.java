package relay.server;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.slf4j.LoggerFactory;
import org.slf4j.event.KeyValuePair;

/** What the server in this process logs, from now on until it is closed. */
final class LogLines extends AppenderBase<ILoggingEvent> implements AutoCloseable {

  private final List<String> lines = new CopyOnWriteArrayList<>();
  private final List<String> details = new CopyOnWriteArrayList<>();
  private final Logger root =
      ((LoggerContext) LoggerFactory.getILoggerFactory()).getLogger(Logger.ROOT_LOGGER_NAME);

  LogLines() {
    setContext(root.getLoggerContext());
    start();
    root.addAppender(this);
  }

  @Override
  protected void append(ILoggingEvent event) {
    lines.add(event.getFormattedMessage());
    List<KeyValuePair> pairs = event.getKeyValuePairs();
    details.add(
        event.getFormattedMessage()
            + (pairs == null ? "" : " " + pairs)
            + (event.getThrowableProxy() == null ? "" : " " + event.getThrowableProxy()));
  }

  /** Waits for a line that matches. */
  void await(String regex) {
    Awaitility.await(regex).until(() -> lines.stream().anyMatch(line -> line.matches(regex)));
  }

  /** Everything that was logged, with what stands beside the messages. */
  String all() {
    return String.join("\n", details);
  }

  @Override
  public void close() {
    root.detachAppender(this);
    stop();
  }
}
