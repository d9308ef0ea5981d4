package relay.server.auth;

import java.net.InetAddress;
import java.util.function.Consumer;
import org.apache.sshd.common.AttributeRepository.AttributeKey;
import org.apache.sshd.common.session.Session;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Refusal;

/**
 * One connection's way from being accepted to its login. It is told what happens there, and lets
 * the {@link AuthThrottle} know. Any thread.
 */
public final class Admission {

  /** Where the transport of a session keeps it. */
  public static final AttributeKey<Admission> KEY = new AttributeKey<>();

  private final AuthThrottle throttle;
  private final InetAddress source;
  private final boolean exempt;
  private final Consumer<Refusal> end;

  // guarded by the throttle
  long lastStep;
  int steps;
  int failures;
  boolean late;

  private volatile boolean tried;
  private volatile @Nullable Refusal why;

  Admission(
      AuthThrottle throttle,
      InetAddress source,
      boolean exempt,
      Consumer<Refusal> end,
      long lastStep) {
    this.throttle = throttle;
    this.source = source;
    this.exempt = exempt;
    this.end = end;
    this.lastStep = lastStep;
  }

  /** That of a session; every transport has one before its first byte is read. */
  public static Admission of(Session session) {
    Admission admission = (Admission) session.getIoSession().getAttribute(KEY);
    if (admission == null) {
      throw new IllegalStateException("never admitted: " + session.getIoSession());
    }
    return admission;
  }

  InetAddress source() {
    return source;
  }

  /** Whether its source has neither limit nor penalties of its own. */
  boolean exempt() {
    return exempt;
  }

  /** The client has brought the login a step further, by a whole message of the protocol. */
  public void step() {
    throttle.step(this);
  }

  /** Somebody tried to log in: if it comes to nothing, that is what is audited. */
  void tried() {
    tried = true;
  }

  boolean hasTried() {
    return tried;
  }

  /** Why the throttle ended it; null where it did not. */
  @Nullable Refusal why() {
    return why;
  }

  void why(Refusal ended) {
    why = ended;
  }

  /** It is refused for another reason than a try that failed; goes into the log. */
  void refused(Refusal why) {
    throttle.refused(this, why);
  }

  /** A try to log in was refused: whether it was the last that a connection has. */
  public boolean failed() {
    return throttle.failed(this);
  }

  /** The client has proved who it is: from now on it is none of the throttle's business. */
  public void loggedIn() {
    throttle.loggedIn(this);
  }

  /** The time for the login is over. */
  public void late() {
    throttle.late(this);
  }

  /** The connection has ended; a second call, or one after the login, changes nothing. */
  public void closed() {
    throttle.closed(this);
  }

  void end(Refusal why) {
    end.accept(why);
  }
}
