package relay.server.auth;

/** A token that cannot be made as it was asked for; the message says why. */
public final class TokenException extends Exception {
  private static final long serialVersionUID = 1L;

  TokenException(String message) {
    super(message);
  }
}
