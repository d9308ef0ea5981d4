package relay.server.ssh;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Refusal;
import relay.common.ssh.RelayExtensions;
import relay.common.ssh.TcpipForward;
import relay.common.stream.SshConnection;

/**
 * What one session's user is told: on the consoles, which may open after the first tunnels did, and
 * to the {@code relay} client as events. On the session's event loop.
 */
final class SessionOutput {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Lines kept for a console that opens later; forwards are asked for before it. */
  private static final int KEPT = 500;

  private final SshConnection connection;
  private final boolean events;
  private final List<Console> consoles = new ArrayList<>();
  private final List<String> kept = new ArrayList<>();

  /**
   * @param events whether the client understands our events
   */
  SessionOutput(SshConnection connection, boolean events) {
    this.connection = connection;
    this.events = events;
  }

  /** Whether anybody would see a visit. */
  boolean isWatched() {
    return events || !consoles.isEmpty();
  }

  void opened(TcpipForward forward, int port, PublicUrls.Shown shown) {
    shown.lines().forEach(this::line);
    event("open", forward.host(), port, "url", shown.address(), null);
  }

  void refused(String host, long port, Refusal why) {
    line(why.line());
    event("refused", host, port, "code", why.code().id(), why.message());
  }

  void lost(TcpipForward forward, int port, Refusal why) {
    line(why.line());
    event("lost", forward.host(), port, "code", why.code().id(), why.message());
  }

  void visit(String line) {
    for (Console console : consoles) {
      console.print(line);
    }
    if (events) {
      send(Map.of("event", "visit", "line", line));
    }
  }

  /** A line that is none of a tunnel's. */
  void line(String line) {
    for (Console console : consoles) {
      console.print(line);
    }
    if (consoles.isEmpty() && kept.size() < KEPT) {
      kept.add(line);
    }
  }

  /** A console opened: it is told what has happened so far. */
  void add(Console console) {
    kept.forEach(console::print);
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
