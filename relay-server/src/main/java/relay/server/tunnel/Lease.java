package relay.server.tunnel;

import java.util.concurrent.atomic.AtomicBoolean;

/** The right to an endpoint. */
public final class Lease {

  private final Tunnel tunnel;
  private final Runnable release;
  private final AtomicBoolean closed = new AtomicBoolean();

  Lease(Tunnel tunnel, Runnable release) {
    this.tunnel = tunnel;
    this.release = release;
  }

  public Tunnel tunnel() {
    return tunnel;
  }

  /**
   * Gives the endpoint up; from the second call on it does nothing, and it never takes the endpoint
   * from a tunnel that has taken it over. Any thread.
   */
  public void close() {
    if (closed.compareAndSet(false, true)) {
      release.run();
    }
  }
}
