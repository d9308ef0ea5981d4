package relay.server.tunnel;

/** Where a name leads. */
public sealed interface Route {
  record Live(Tunnel tunnel) implements Route {}

  /** Nobody serves it now; it is kept for its owner. */
  record Held() implements Route {}

  record Unknown() implements Route {}
}
