package relay.server.auth;

import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.server.session.ServerSession;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;

/**
 * Those who have neither key nor token: whether they are let in, and how many sessions one source
 * may have. Who has a key is limited by what his key may have; here that would be anybody's, as
 * often as he likes. Any thread.
 */
public final class Anonymous {

  /** Nobody is let in. */
  public static final Anonymous NOBODY = new Anonymous(0);

  private final int max;
  private final Map<String, Integer> bySource = new ConcurrentHashMap<>();

  private Anonymous(int max) {
    this.max = max;
  }

  /**
   * Whoever comes is let in.
   *
   * @param max sessions of one source, where it is none of {@code ssh.exempt-sources}
   */
  public static Anonymous anybody(int max) {
    return new Anonymous(max);
  }

  boolean areLetIn() {
    return max > 0;
  }

  /**
   * Lets somebody in, as somebody new.
   *
   * @return null where the source has too many sessions, and this one is told so and ended
   */
  @Nullable Boolean accept(String user, ServerSession session) throws Exception {
    if (!(session.getClientAddress() instanceof InetSocketAddress client)) {
      return Boolean.FALSE;
    }
    Identity identity = Identity.anonymous(client.getAddress());
    Admission admission = Admission.of(session);
    if (!admission.exempt() && !acquire(identity.account())) {
      Refusal why =
          new Refusal(
              RefusalCode.LOGIN_ANONYMOUS,
              "your address has " + max + " sessions without a key already");
      admission.refused(why);
      session.disconnect(SshConstants.SSH2_DISCONNECT_TOO_MANY_CONNECTIONS, why.line());
      return null;
    }
    if (!admission.exempt()) {
      session.addCloseFutureListener(closed -> release(identity.account()));
    }
    SshAuthentication.note(
        session,
        new Login(
            new Login.Proof.Nothing(), user, client.getAddress(), identity, Grants.ANONYMOUS));
    return Boolean.TRUE;
  }

  private boolean acquire(String source) {
    boolean[] got = new boolean[1];
    bySource.compute(
        source,
        (key, count) -> {
          int now = count == null ? 0 : count;
          got[0] = now < max;
          return got[0] ? (Integer) (now + 1) : count;
        });
    return got[0];
  }

  private void release(String source) {
    bySource.computeIfPresent(source, (key, count) -> count == 1 ? null : count - 1);
  }
}
