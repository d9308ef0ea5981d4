package relay.server.auth;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * The audit log: a logger of its own, which {@code log.audit-file} gives a file of its own. Any
 * thread; never blocks.
 */
public final class Audit {

  /** The logger's name. */
  public static final String LOGGER = "relay.audit";

  private static final Logger LOG = LoggerFactory.getLogger(LOGGER);

  private Audit() {}

  /** Makes one record; how it is written, and that it is harmless, is the layout's. */
  public static void log(AuditEvent event) {
    LoggingEventBuilder line = LOG.atInfo();
    line = with(line, "identity", event.who().identity());
    line = with(line, "fingerprint", event.who().fingerprint());
    line = with(line, "user", event.who().user());
    line = with(line, "source", event.who().source());
    if (event.who().port() != 0) {
      line = line.addKeyValue("port", event.who().port());
    }
    line = with(line, "what", event.what());
    if (event.why() != null) {
      line = with(line, "code", event.why().code().id());
      line = with(line, "reason", event.why().message());
    }
    line.log(event.kind().word());
  }

  private static LoggingEventBuilder with(LoggingEventBuilder line, String key, String value) {
    return value.isEmpty() ? line : line.addKeyValue(key, value);
  }
}
