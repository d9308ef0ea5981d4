package relay.server.tunnel;

import java.io.IOException;
import relay.common.endpoint.Refusal;

/** A stream towards the local service could not be opened. */
public final class UpstreamException extends IOException {

  private static final long serialVersionUID = 1L;

  private final transient Refusal refusal;

  public UpstreamException(Refusal refusal) {
    super(refusal.line());
    this.refusal = refusal;
  }

  /** Why; its code has an HTTP status. */
  public Refusal refusal() {
    return refusal;
  }

  /** None: it says what happened elsewhere, and an attacker can cause many. */
  @Override
  public synchronized Throwable fillInStackTrace() {
    return this;
  }
}
