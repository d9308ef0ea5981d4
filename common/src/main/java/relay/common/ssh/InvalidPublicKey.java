package relay.common.ssh;

/** Text that is no public key we accept; the message says what was found and expected. */
public final class InvalidPublicKey extends Exception {

  private static final long serialVersionUID = 1L;

  private final String reason;

  InvalidPublicKey(String reason) {
    super(reason);
    this.reason = reason;
  }

  /** The message: what was found, and what was expected. */
  public String reason() {
    return reason;
  }
}
