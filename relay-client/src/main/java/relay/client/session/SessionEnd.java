package relay.client.session;

/** How one session ended, and what follows from it. */
sealed interface SessionEnd {

  /** Not for good: the next one may work. */
  record Lost(String why) implements SessionEnd {}

  /** The server did not give what was asked for. */
  record Refused(Refusal refusal) implements SessionEnd {}

  /** The host key is unknown and a person may say whether it is right. */
  record Unverified(HostKeyCheck check) implements SessionEnd {}

  /** No key was let in. */
  record KeyRefused(String why) implements SessionEnd {}

  /** For good. */
  record Final(TunnelEvent.Ended told) implements SessionEnd {}
}
