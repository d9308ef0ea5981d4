package relay.client.session;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What happens to the tunnel, for a person or a script. The text may be a stranger's. */
public sealed interface TunnelEvent {

  /**
   * The tunnel is open, for the first time or again.
   *
   * @param address its URL, or {@code host:port} for TCP
   * @param host the host that was asked for
   * @param port the port that is bound
   */
  record Open(String address, String host, int port) implements TunnelEvent {}

  /** Some came through the tunnel, a line each. */
  record Visits(List<String> lines) implements TunnelEvent {}

  /** There is no tunnel now, and it is tried to have one again; told once for each reason. */
  record Offline(String why) implements TunnelEvent {}

  /** Something that a person may want to know; all goes on. */
  record Notice(String line) implements TunnelEvent {}

  /** The local service stopped answering, or answers again. */
  record Local(boolean up, String line) implements TunnelEvent {}

  /**
   * It is over; nothing is tried again.
   *
   * @param code the server's code, such as {@code RELAY-NAME-TAKEN}, where it gave one
   */
  record Ended(Reason reason, String why, @Nullable String code) implements TunnelEvent {}

  enum Reason {
    /** The user wanted it. */
    STOPPED,
    /** No key that we have is let in, or there is none. */
    KEY_REFUSED,
    /** The server does not give the name or port. */
    ENDPOINT_REFUSED,
    /** The server's host key is not the one that is known, or is unknown. */
    HOST_KEY,
    /** Another session of the same identity has the name or port now. */
    TAKEN_OVER
  }
}
