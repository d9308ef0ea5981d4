package relay.server.tunnel;

import relay.common.endpoint.Refusal;

/** A claim was refused. */
public final class RefusedException extends Exception {

  private static final long serialVersionUID = 1L;

  private final transient Refusal refusal;

  public RefusedException(Refusal refusal) {
    super(refusal.line());
    this.refusal = refusal;
  }

  public Refusal refusal() {
    return refusal;
  }

  /** None: it tells what a user asked for, not where in the program that was found out. */
  @Override
  public synchronized Throwable fillInStackTrace() {
    return this;
  }
}
