package relay.server.ssh;

import java.time.Instant;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import relay.common.endpoint.Endpoint;
import relay.common.endpoint.Refusal;
import relay.server.tunnel.Visit;

/** One line of {@code ssh host logs}: when it was, for people, since a clock may be set. */
sealed interface LoggedEvent {

  Instant at();

  /** For a terminal, harmless. */
  String line();

  /** For programs; a stranger's texts as they are, but for their length. */
  Map<String, ?> object();

  /** A visit to a tunnel; the tunnel itself is not kept, nor with it a session that has ended. */
  record Visited(Instant at, Endpoint endpoint, Visit visit) implements LoggedEvent {

    /** Of the visitor's texts no more is kept than is shown. */
    static Visited of(Endpoint endpoint, Visit visit) {
      Visit cut =
          new Visit(
              visit.originator(),
              Lines.cut(visit.method()),
              Lines.cut(visit.target()),
              visit.status(),
              visit.nanos());
      return new Visited(Instant.now(), endpoint, cut);
    }

    @Override
    public String line() {
      return time(at) + "  " + Lines.of(endpoint, visit);
    }

    @Override
    public Map<String, ?> object() {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("time", time(at));
      object.put("event", "visit");
      object.put("endpoint", endpoint.toString());
      object.put("method", visit.method());
      object.put("target", visit.target());
      object.put("status", visit.status());
      object.put("ms", Math.round(visit.nanos() / 1e4) / 100.0);
      object.put("visitor", visit.originator());
      return object;
    }
  }

  /**
   * What was refused, or ended.
   *
   * @param about what was asked for, or the address that it had; may hold a stranger's bytes
   */
  record Refused(Instant at, String about, Refusal why) implements LoggedEvent {

    @Override
    public String line() {
      return time(at) + "  " + why.line();
    }

    @Override
    public Map<String, ?> object() {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("time", time(at));
      object.put("event", "refusal");
      object.put("about", about);
      object.put("code", why.code().id());
      object.put("message", why.message());
      return object;
    }

    /** The name in {@code foo:80} or in an address such as {@code http://foo.example.org:8080/}. */
    String name() {
      String name = about.substring(about.indexOf("://") < 0 ? 0 : about.indexOf("://") + 3);
      int end = 0;
      while (end < name.length() && ":/".indexOf(name.charAt(end)) < 0) {
        end++;
      }
      return name.substring(0, end).toLowerCase(Locale.ROOT);
    }
  }

  private static String time(Instant at) {
    return String.format(Locale.ROOT, "%tFT%<tT.%<tLZ", at.atOffset(ZoneOffset.UTC));
  }
}
