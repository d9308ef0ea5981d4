package relay.server;

/**
 * The server cannot start because of something that its operator can mend. The message is one line:
 * the key, the value and what was expected.
 */
final class StartFailure extends Exception {

  private static final long serialVersionUID = 1L;

  StartFailure(String message, Throwable cause) {
    super(message, cause);
  }

  StartFailure(String message) {
    super(message);
  }
}
