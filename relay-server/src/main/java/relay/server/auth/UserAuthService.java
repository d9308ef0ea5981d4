package relay.server.auth;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.apache.sshd.common.NamedResource;
import org.apache.sshd.common.Service;
import org.apache.sshd.common.ServiceFactory;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.SshException;
import org.apache.sshd.common.auth.AbstractUserAuthServiceFactory;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;
import org.apache.sshd.server.auth.UserAuthFactory;
import org.apache.sshd.server.session.ServerSession;
import org.apache.sshd.server.session.ServerUserAuthService;
import org.jspecify.annotations.Nullable;
import relay.common.ssh.NettyIoSession;

/**
 * The authentication service of one connection (RFC 4252): any user name, public keys and, where
 * there are any, tokens, and as many failed tries as {@code limits.login-tries} has. A key that we
 * would not accept is a try, signed or not; {@code none}, by which clients ask for the methods, is
 * not. (MINA counts all requests, and stops at 20.)
 *
 * <p>Runs on the connection's event loop.
 */
public class UserAuthService extends ServerUserAuthService {

  private static final int MAX_USER = 256;
  private static final String NONE = "none";

  /** Who comes in by {@code none}, where whoever comes is let in: nobody has to be asked then. */
  private static final String NOKEY = "nokey";

  /** Requests that come while an answer is waited for; no client that we know sends one. */
  private static final int MAX_WAITING = 8;

  private record Message(int command, Buffer buffer) {}

  private final Supplier<KeyRing> ring;
  private final Anonymous anonymous;
  private final Set<String> offered;
  private final Queue<Message> waiting = new ArrayDeque<>();
  private boolean asking;
  private boolean free;
  private final LoginTries tries;

  /**
   * @param letIn that of {@link SshAuthentication#apply}
   */
  public UserAuthService(Session session, LetIn letIn) throws IOException {
    super(offering((ServerSession) session, SshAuthentication.methods(letIn)));
    this.ring = letIn.keys();
    this.anonymous = letIn.anonymous();
    this.offered =
        Set.copyOf(NamedResource.getNameList(((ServerSession) session).getUserAuthFactories()));
    tries = new LoginTries((ServerSession) session);
  }

  /** MINA's constructor takes from the session by what one may log in. */
  private static Session offering(ServerSession session, List<UserAuthFactory> methods) {
    session.setUserAuthFactories(methods);
    return session;
  }

  /** In their order, also where somebody else has to be asked for a key first. */
  @Override
  public synchronized void process(int command, Buffer buffer) throws Exception {
    if (asking) {
      if (waiting.size() == MAX_WAITING) {
        throw new SshException(
            SshConstants.SSH2_DISCONNECT_PROTOCOL_ERROR, "too many requests at once");
      }
      waiting.add(new Message(command, copy(buffer)));
      return;
    }
    CompletableFuture<?> known =
        command == SshConstants.SSH_MSG_USERAUTH_REQUEST ? known(buffer) : null;
    if (known == null || known.isDone()) {
      super.process(command, buffer);
      return;
    }
    asking = true;
    Message message = new Message(command, copy(buffer));
    known.whenComplete((done, failure) -> onLoop(() -> answered(message)));
  }

  /** When it is known whose key is named; null where none is. Leaves the buffer as it is. */
  private @Nullable CompletableFuture<?> known(Buffer buffer) {
    int start = buffer.rpos();
    if (!ring.get().asks()) {
      return null;
    }
    try {
      String user = buffer.getString();
      buffer.getString();
      return user.length() <= MAX_USER && buffer.getString().equals(VerifiedKey.NAME)
          ? VerifiedKey.known(ring.get(), user, buffer)
          : null;
    } catch (IOException | GeneralSecurityException | RuntimeException e) {
      return null; // MINA will find the same fault
    } finally {
      buffer.rpos(start);
    }
  }

  private void onLoop(Runnable task) {
    if (getSession().getIoSession() instanceof NettyIoSession transport) {
      transport.eventLoop().execute(task);
    } else {
      task.run();
    }
  }

  private synchronized void answered(Message first) {
    asking = false;
    try {
      if (!getSession().isClosing()) {
        super.process(first.command(), first.buffer());
      }
      while (!asking && !waiting.isEmpty() && !getSession().isClosing()) {
        Message next = waiting.remove();
        process(next.command(), next.buffer());
      }
    } catch (Exception e) {
      getSession().exceptionCaught(e);
    }
  }

  /** With the command before it, which MINA may want to read again. */
  private static Buffer copy(Buffer buffer) {
    Buffer copy =
        ByteArrayBuffer.getCompactClone(buffer.array(), buffer.rpos() - 1, buffer.available() + 1);
    copy.rpos(1);
    return copy;
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
    if (!accepted || !(method.equals(NONE) || offered.contains(method))) {
      result.set(Boolean.FALSE);
      return true;
    }
    if (method.equals(NONE) && user.equals(NOKEY) && anonymous.areLetIn()) {
      acceptNokey(user, service, buffer);
      return false;
    }
    return super.handleUserAuthRequestMessage(session, buffer, result);
  }

  /**
   * MINA knows no success by {@code none}. Of other users it is refused, since clients ask for it
   * first: who has a key is to come in by that.
   */
  private void acceptNokey(String user, String service, Buffer buffer) throws Exception {
    ServerSession session = getServerSession();
    if (Boolean.TRUE.equals(anonymous.accept(user, session))) {
      sendWelcomeBanner(session);
      session.signalAuthenticationSuccess(user, service, buffer);
    }
  }

  @Override
  protected void handleAuthenticationFailure(int command, Buffer buffer) throws Exception {
    if (free || !Admission.of(getSession()).failed()) {
      super.handleAuthenticationFailure(command, buffer);
      return;
    }
    getSession()
        .disconnect(
            SshConstants.SSH2_DISCONNECT_NO_MORE_AUTH_METHODS_AVAILABLE,
            "Too many authentication failures");
  }
}
