package relay.client.session;

import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import relay.common.endpoint.RefusalCode;

/**
 * What a relay says in one line, {@code relay: CODE: message}.
 *
 * @param code empty where the line has none
 */
record RefusalLine(String code, String message) {

  static final String PREFIX = "relay: ";

  private static final String CODE = "RELAY-";

  /** Ends that the owner of the tunnel wished: it is not asked for again. */
  private static final Set<String> WANTED =
      Stream.of(
              RefusalCode.TAKEN_OVER,
              RefusalCode.SESSION_SUPERSEDED,
              RefusalCode.TUNNEL_REMOVED,
              RefusalCode.NAME_RELEASED)
          .map(RefusalCode::id)
          .collect(Collectors.toUnmodifiableSet());

  static RefusalLine parse(String line) {
    String text = line.startsWith(PREFIX) ? line.substring(PREFIX.length()) : line;
    int colon = text.indexOf(": ");
    return text.startsWith(CODE) && colon > 0
        ? new RefusalLine(text.substring(0, colon), text.substring(colon + 2))
        : new RefusalLine("", text);
  }

  /** What it means for the session that is told so. */
  SessionEnd end() {
    return WANTED.contains(code)
        ? new SessionEnd.Final(new TunnelEvent.Ended(TunnelEvent.Reason.TAKEN_OVER, message, code))
        : new SessionEnd.Lost(message);
  }
}
