package relay.client.session;

import relay.common.endpoint.RefusalCode;

/**
 * What a relay says in one line, {@code relay: CODE: message}.
 *
 * @param code empty where the line has none
 */
record RefusalLine(String code, String message) {

  static final String PREFIX = "relay: ";

  private static final String CODE = "RELAY-";

  static RefusalLine parse(String line) {
    String text = line.startsWith(PREFIX) ? line.substring(PREFIX.length()) : line;
    int colon = text.indexOf(": ");
    return text.startsWith(CODE) && colon > 0
        ? new RefusalLine(text.substring(0, colon), text.substring(colon + 2))
        : new RefusalLine("", text);
  }

  /** What it means for the session that is told so. */
  SessionEnd end() {
    boolean takenOver =
        code.equals(RefusalCode.TAKEN_OVER.id())
            || code.equals(RefusalCode.SESSION_SUPERSEDED.id())
            || code.equals(RefusalCode.TUNNEL_REMOVED.id());
    return takenOver
        ? new SessionEnd.Final(new TunnelEvent.Ended(TunnelEvent.Reason.TAKEN_OVER, message, code))
        : new SessionEnd.Lost(message);
  }
}
