package relay.common.stream;

import java.io.IOException;

/** A channel was not opened. */
public final class OpenRefused extends IOException {

  private static final long serialVersionUID = 1L;

  public enum Reason {
    /** The other side answered the open with a failure. */
    REFUSED,
    /** The other side did not answer in time. */
    NO_ANSWER,
    /** The session has as many channels as it may have. */
    TOO_MANY,
    /** The session ended. */
    CLOSED
  }

  private final Reason reason;

  OpenRefused(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }

  /** None: it tells of the other side, which can cause many. */
  @Override
  public synchronized Throwable fillInStackTrace() {
    return this;
  }
}
