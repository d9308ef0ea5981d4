package relay.server.auth;

import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.common.util.buffer.BufferException;
import org.apache.sshd.server.session.ServerSession;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;

/**
 * What a connection has tried in order to log in: one audit event if it ends without a login,
 * however many tries it had. On the connection's event loop.
 */
final class LoginTries {

  private final ServerSession session;
  private final SocketAddress source;
  private int count;
  private String user = "";
  private String method = "";
  private String fingerprint = "";

  LoginTries(ServerSession session) {
    this.session = session;
    this.source = session.getClientAddress();
  }

  /**
   * Notes a try; of several, the last one is told.
   *
   * @param details what follows the method in the request (RFC 4252 §7); left as it is. Of another
   *     method than publickey nothing is read: it may be a password.
   */
  void tried(String triedUser, String triedMethod, Buffer details) {
    if (count++ == 0) {
      session.addCloseFutureListener(closed -> ended());
    }
    user = triedUser;
    method = triedMethod;
    fingerprint = triedMethod.equals(VerifiedKey.NAME) ? fingerprint(details) : "";
  }

  private void ended() {
    if (session.isAuthenticated()) {
      return;
    }
    String tries = count == 1 ? "1 try" : count + " tries";
    Audit.log(
        new AuditEvent(
            AuditEvent.Kind.LOGIN_REFUSED,
            AuditEvent.Who.unproved(fingerprint, user, source),
            isKnown(method) ? method : "another method",
            new Refusal(RefusalCode.LOGIN_REFUSED, "no login after " + tries)));
  }

  /** RFC 4252's and RFC 4256's; any other word is the stranger's own. */
  private static boolean isKnown(String method) {
    return switch (method) {
      case VerifiedKey.NAME, "password", "keyboard-interactive", "hostbased" -> true;
      default -> false;
    };
  }

  /** As {@code ssh-keygen -l} writes it, of a key as of a certificate. */
  private static String fingerprint(Buffer details) {
    int start = details.rpos();
    try {
      details.getBoolean(); // whether a signature follows
      details.getString(); // the algorithm
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(details.getBytes());
      byte[] text = Base64.getEncoder().withoutPadding().encode(hash);
      return "SHA256:" + new String(text, StandardCharsets.US_ASCII);
    } catch (BufferException e) {
      return ""; // whoever reads the request will say so
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    } finally {
      details.rpos(start);
    }
  }
}
