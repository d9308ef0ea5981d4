package relay.server;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.slf4j.LoggerFactory;
import relay.server.auth.Audit;

/** What this process's audit log is given from now on. */
public final class AuditLines extends AppenderBase<ILoggingEvent> implements AutoCloseable {

  private final List<String> lines = new CopyOnWriteArrayList<>();
  private final Logger audit =
      ((LoggerContext) LoggerFactory.getILoggerFactory()).getLogger(Audit.LOGGER);

  public AuditLines() {
    setContext(audit.getLoggerContext());
    start();
    audit.addAppender(this);
  }

  @Override
  protected void append(ILoggingEvent event) {
    lines.add(
        event.getFormattedMessage()
            + " "
            + event.getKeyValuePairs().stream()
                .map(pair -> pair.key + "=" + pair.value)
                .collect(Collectors.joining(" ")));
  }

  /** The events of a kind, each as its word and {@code key=value}s. */
  public List<String> of(String kind) {
    return lines.stream().filter(line -> line.startsWith(kind + " ")).toList();
  }

  /** The one event of a kind, once it is there. */
  public String one(String kind) {
    Awaitility.await(kind).until(() -> !of(kind).isEmpty());
    if (of(kind).size() != 1) {
      throw new AssertionError(of(kind));
    }
    return of(kind).get(0);
  }

  @Override
  public void close() {
    audit.detachAppender(this);
    stop();
  }
}
