package relay.server.ssh;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Refusal;
import relay.common.ssh.RelayExtensions;
import relay.common.stream.SshConnection;
import relay.server.tunnel.Tunnel;
import relay.server.tunnel.Visit;

/**
 * What one session's user is told: on the consoles, which may open after the first tunnels did, and
 * to the {@code relay} client as events. On the session's event loop.
 */
final class SessionOutput {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Lines kept for a console that opens later; forwards are asked for before it. */
  private static final int KEPT = 500;

  /** A packet for each visit would take a quarter of a busy tunnel's speed. */
  private static final long GATHERED_MS = 50;

  /** In characters: more than anybody reads in that time, and less than a packet holds. */
  private static final int GATHERED_MAX = 8192;

  private final SshConnection connection;
  private final boolean events;
  private final List<Console> consoles = new ArrayList<>();
  private final List<String> kept = new ArrayList<>();
  private final List<String> visits = new ArrayList<>();
  private int visitsLength;
  private int visitsLeftOut;

  /**
   * @param events whether the client understands our events
   */
  SessionOutput(SshConnection connection, boolean events) {
    this.connection = connection;
    this.events = events;
  }

  void opened(Asked forward, int port, PublicUrls.Shown shown) {
    shown.lines().forEach(this::line);
    event("open", forward.host(), port, "url", shown.address(), null);
  }

  void refused(String host, long port, Refusal why) {
    line(why.line());
    event("refused", host, port, "code", why.code().id(), why.message());
  }

  void lost(Asked forward, int port, Refusal why) {
    line(why.line());
    event("lost", forward.host(), port, "code", why.code().id(), why.message());
  }

  /** Shows a visit shortly, with those that come meanwhile. */
  void visit(Tunnel tunnel, Visit visit) {
    if (!events && consoles.isEmpty()) {
      return;
    }
    if (visits.isEmpty()) {
      connection.eventLoop().schedule(this::showVisits, GATHERED_MS, TimeUnit.MILLISECONDS);
    }
    if (visitsLength < GATHERED_MAX) {
      String line = Lines.of(tunnel.endpoint(), visit);
      visits.add(line);
      visitsLength += line.length();
    } else {
      visitsLeftOut++;
    }
  }

  private void showVisits() {
    if (visits.isEmpty()) {
      return; // told already, before a line that came meanwhile
    }
    if (visitsLeftOut > 0) {
      visits.add("… " + visitsLeftOut + " visits are not shown");
    }
    for (Console console : consoles) {
      console.print(visits);
    }
    if (events) {
      send(Map.of("event", "visits", "lines", String.join("\n", visits)));
    }
    visits.clear();
    visitsLength = 0;
    visitsLeftOut = 0;
  }

  /** A line that is none of a visit's; behind the visits before it. */
  void line(String line) {
    showVisits();
    for (Console console : consoles) {
      console.print(List.of(line));
    }
    if (consoles.isEmpty() && kept.size() < KEPT) {
      kept.add(line);
    }
  }

  /** A console opened: it is told what has happened so far. */
  void add(Console console) {
    console.print(kept);
    consoles.add(console);
  }

  void remove(Console console) {
    consoles.remove(console);
  }

  private void event(
      String name, String host, long port, String key, String value, @Nullable String message) {
    if (!events) {
      return;
    }
    Map<String, Object> event = new LinkedHashMap<>();
    event.put("event", name);
    event.put("host", host);
    event.put("port", port);
    event.put(key, value);
    if (message != null) {
      event.put("message", message);
    }
    send(event);
  }

  private void send(Map<String, ?> event) {
    try {
      String json = JSON.writeValueAsString(event);
      connection.globals().tell(RelayExtensions.EVENT, packet -> packet.putString(json));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("strings and numbers are always JSON", e);
    }
  }
}
