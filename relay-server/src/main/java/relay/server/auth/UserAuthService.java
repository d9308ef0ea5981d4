package relay.server.auth;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.sshd.common.Service;
import org.apache.sshd.common.ServiceFactory;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.auth.AbstractUserAuthServiceFactory;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.server.session.ServerSession;
import org.apache.sshd.server.session.ServerUserAuthService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The authentication service of one connection (RFC 4252): any user name, public keys only, and six
 * failed tries. A key that we would not accept is a try, signed or not; {@code none}, by which
 * clients ask for the methods, is not. (MINA counts all requests, and stops at 20.)
 *
 * <p>Runs on the connection's event loop.
 */
public class UserAuthService extends ServerUserAuthService {

  private static final Logger LOG = LoggerFactory.getLogger(UserAuthService.class);

  private static final int MAX_FAILURES = 6;
  private static final int MAX_USER = 256;
  private static final String NONE = "none";

  private int failures;
  private boolean free;
  private final LoginTries tries;

  public UserAuthService(Session session) throws IOException {
    super(session);
    tries = new LoginTries((ServerSession) session);
  }

  /** Makes the service of one connection: this class, or one derived from it. */
  @FunctionalInterface
  public interface Maker {
    UserAuthService make(Session session) throws IOException;
  }

  /** For {@code SshServer.setServiceFactories}, before that of the connection protocol. */
  public static ServiceFactory factory(Maker maker) {
    return new AbstractUserAuthServiceFactory() {
      @Override
      public Service create(Session session) throws IOException {
        return maker.make(session);
      }
    };
  }

  @Override
  protected boolean handleUserAuthRequestMessage(
      ServerSession session, Buffer buffer, AtomicReference<Boolean> result) throws Exception {
    if (session.isAuthenticated()) {
      return false; // RFC 4252 §5.1: ignored
    }
    int start = buffer.rpos();
    String user = buffer.getString();
    String service = buffer.getString();
    String method = buffer.getString();
    int details = buffer.rpos();
    buffer.rpos(start);
    if (!service.equals("ssh-connection")) {
      session.disconnect(
          SshConstants.SSH2_DISCONNECT_SERVICE_NOT_AVAILABLE, "Only ssh-connection is served");
      return false;
    }
    boolean accepted = user.length() <= MAX_USER;
    free = accepted && method.equals(NONE);
    if (!free) {
      buffer.rpos(details);
      tries.tried(user, method, buffer);
      buffer.rpos(start);
    }
    if (!accepted || (!method.equals(NONE) && !method.equals(VerifiedKey.NAME))) {
      result.set(Boolean.FALSE);
      return true;
    }
    return super.handleUserAuthRequestMessage(session, buffer, result);
  }

  @Override
  protected void handleAuthenticationFailure(int command, Buffer buffer) throws Exception {
    if (free || ++failures < MAX_FAILURES) {
      super.handleAuthenticationFailure(command, buffer);
      return;
    }
    LOG.info("{}: too many authentication failures", getSession().getRemoteAddress());
    getSession()
        .disconnect(
            SshConstants.SSH2_DISCONNECT_NO_MORE_AUTH_METHODS_AVAILABLE,
            "Too many authentication failures");
  }
}
