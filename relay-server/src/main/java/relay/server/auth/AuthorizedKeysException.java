package relay.server.auth;

import java.io.IOException;

/** A file named by {@code --authorized-keys} is refused; the message is one line naming it. */
public final class AuthorizedKeysException extends IOException {

  private static final long serialVersionUID = 1L;

  AuthorizedKeysException(String message) {
    super(message);
  }
}
