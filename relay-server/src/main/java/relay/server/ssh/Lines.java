package relay.server.ssh;

import java.util.Locale;
import relay.common.endpoint.Endpoint;
import relay.common.endpoint.Untrusted;
import relay.server.tunnel.Visit;

/** How things are written in one line for a terminal. */
final class Lines {

  /** What is shown of one text from a stranger, in characters. */
  private static final int SHOWN = 200;

  private Lines() {}

  /** A stranger's text, cut to a length that leaves a line readable, and harmless. */
  static String shown(String text) {
    return Untrusted.harmless(cut(text));
  }

  /** A stranger's text as it is, for a record that escapes it, cut to a length of a line. */
  static String cut(String text) {
    return text.length() > SHOWN ? text.substring(0, SHOWN) + "…" : text;
  }

  /** A host in a forward, which may be {@code user:password@name}: less what is before the name. */
  static String withoutPassword(String host) {
    int at = host.lastIndexOf('@');
    return at < 0 ? host : "…" + host.substring(at);
  }

  /** Endpoint, method, target, status, time and visitor. */
  static String of(Endpoint endpoint, Visit visit) {
    StringBuilder line = new StringBuilder();
    line.append(endpoint).append("  ").append(shown(visit.method()));
    if (!visit.target().isEmpty()) {
      line.append(' ').append(shown(visit.target()));
    }
    if (visit.status() != 0) {
      line.append("  ").append(visit.status());
    }
    if (visit.nanos() > 0) {
      line.append("  ").append(time(visit.nanos()));
    }
    return line.append("  ").append(shown(visit.originator())).toString();
  }

  private static String time(long nanos) {
    double ms = nanos / 1e6;
    if (ms >= 1000) {
      return String.format(Locale.ROOT, "%.1f s", ms / 1000);
    }
    if (ms >= 10) {
      return Math.round(ms) + " ms";
    }
    long tenths = Math.round(ms * 10);
    return tenths / 10 + "." + tenths % 10 + " ms";
  }
}
