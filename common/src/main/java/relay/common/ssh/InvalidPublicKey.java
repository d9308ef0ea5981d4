package relay.common.ssh;

/** Text that is no public key we accept; the message says what was found and expected. */
public final class InvalidPublicKey extends Exception {

  private static final long serialVersionUID = 1L;

  InvalidPublicKey(String message) {
    super(message);
  }
}
