package relay.server.tunnel;

import org.jspecify.annotations.Nullable;

/**
 * What the owner's words make of a forward, instead of what it is by its host and port. Immutable.
 *
 * @param alias whether what would be an HTTP name is a private alias on port 80 or 443
 * @param passed whether the TLS of a name that was asked for with port 443 is left to the local
 *     service
 * @param address the address that a TCP port is bound on, an IP literal; null for the one in the
 *     forward
 */
public record Shape(boolean alias, boolean passed, @Nullable String address) {

  /** As the forward says. */
  public static final Shape PLAIN = new Shape(false, false, null);

  public Shape withAlias(boolean is) {
    return new Shape(is, passed, address);
  }

  public Shape withPassed(boolean is) {
    return new Shape(alias, is, address);
  }

  public Shape withAddress(String literal) {
    return new Shape(alias, passed, literal);
  }
}
