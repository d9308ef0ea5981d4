package relay.server.tunnel;

/** Where a name leads. */
public sealed interface Route {
  record Live(Tunnel tunnel) implements Route {}

  /** Nobody serves it now; it is kept for its owner. */
  record Held() implements Route {}

  /** It is served, but by TLS alone, which is not ended here. */
  record Encrypted() implements Route {}

  record Unknown() implements Route {}
}
