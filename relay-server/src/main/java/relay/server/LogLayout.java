package relay.server;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.StackTraceElementProxy;
import ch.qos.logback.core.LayoutBase;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Untrusted;
import relay.server.config.LogFormat;

/**
 * One line for each event, whatever its texts hold; in the text format a stack trace follows, a
 * line for each frame.
 */
final class LogLayout extends LayoutBase<ILoggingEvent> {

  /** Causes shown of an exception, which may be a ring. */
  private static final int MAX_CAUSES = 10;

  private final LogFormat format;

  LogLayout(LogFormat format) {
    this.format = format;
  }

  @Override
  public String doLayout(ILoggingEvent event) {
    List<String> trace = trace(event.getThrowableProxy());
    if (format == LogFormat.JSON) {
      return LogJson.event(event, trace.isEmpty() ? null : String.join("\n", trace)) + "\n";
    }
    StringBuilder out = new StringBuilder(128);
    String logger = event.getLoggerName();
    out.append(event.getInstant())
        .append(' ')
        .append(String.format("%-5s", event.getLevel()))
        .append(' ')
        .append(logger.substring(logger.lastIndexOf('.') + 1))
        .append(": ")
        .append(Untrusted.harmless(event.getFormattedMessage()));
    if (event.getKeyValuePairs() != null) {
      out.append(' ').append(LogJson.keyValues(event.getKeyValuePairs()));
    }
    out.append('\n');
    trace.forEach(line -> out.append("  ").append(line).append('\n'));
    return out.toString();
  }

  private static List<String> trace(@Nullable IThrowableProxy thrown) {
    List<String> lines = new ArrayList<>();
    IThrowableProxy next = thrown;
    for (int i = 0; next != null && i < MAX_CAUSES; i++) {
      String message = next.getMessage() == null ? "" : ": " + next.getMessage();
      lines.add(Untrusted.harmless((i == 0 ? "" : "caused by ") + next.getClassName() + message));
      for (StackTraceElementProxy frame : next.getStackTraceElementProxyArray()) {
        lines.add("  " + Untrusted.harmless(frame.getSTEAsString()));
      }
      next = next.getCause();
    }
    return lines;
  }
}
