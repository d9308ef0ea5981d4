package relay.server.auth;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.util.Base64;
import org.apache.sshd.common.config.keys.OpenSshCertificate;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.common.util.buffer.BufferException;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;
import org.apache.sshd.server.session.ServerSession;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.common.ssh.PublicKeyLine;

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
  private byte[] key = {};

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
      Admission.of(session).tried();
      session.addCloseFutureListener(closed -> ended());
    }
    user = triedUser;
    method = triedMethod;
    key = triedMethod.equals(VerifiedKey.NAME) ? key(details) : new byte[0];
  }

  private void ended() {
    if (session.isAuthenticated()) {
      return;
    }
    Refusal ended = Admission.of(session).why();
    Offered offered = Offered.of(key);
    String by = offered.authority().isEmpty() ? "" : ", by a certificate of " + offered.authority();
    String tries = count == 1 ? "1 try" : count + " tries";
    Audit.log(
        new AuditEvent(
            AuditEvent.Kind.LOGIN_REFUSED,
            AuditEvent.Who.unproved(offered.fingerprint(), user, source),
            isKnown(method) ? method : "another method",
            new Refusal(
                ended == null ? RefusalCode.LOGIN_REFUSED : ended.code(),
                "no login after " + tries + by)));
  }

  /** RFC 4252's and RFC 4256's; any other word is the stranger's own. */
  private static boolean isKnown(String method) {
    return switch (method) {
      case VerifiedKey.NAME, TokenPassword.NAME, TokenPrompt.NAME, "hostbased" -> true;
      default -> false;
    };
  }

  /**
   * As it was sent; nothing where it was sent wrongly, which whoever reads the request will say.
   */
  private static byte[] key(Buffer details) {
    int start = details.rpos();
    try {
      details.getBoolean(); // whether a signature follows
      details.getString(); // the algorithm
      return details.getBytes();
    } catch (BufferException e) {
      return new byte[0];
    } finally {
      details.rpos(start);
    }
  }

  /**
   * The key that was offered, as {@code ssh-keygen -l} writes it; of a certificate its key's.
   *
   * @param authority that of the certificate; empty where there is none
   */
  private record Offered(String fingerprint, String authority) {

    private static final Offered NOTHING = new Offered("", "");

    static Offered of(byte[] blob) {
      if (blob.length == 0) {
        return NOTHING;
      }
      try {
        PublicKey key = new ByteArrayBuffer(blob).getRawPublicKey();
        if (key instanceof OpenSshCertificate certificate) {
          return new Offered(
              PublicKeyLine.fingerprint(certificate.getCertPubKey()),
              PublicKeyLine.fingerprint(certificate.getCaPubKey()));
        }
      } catch (IOException | RuntimeException e) {
        // of a kind that is not known, or none: what was sent has a fingerprint all the same
      }
      return new Offered(fingerprint(blob), "");
    }

    private static String fingerprint(byte[] blob) {
      try {
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(blob);
        byte[] text = Base64.getEncoder().withoutPadding().encode(hash);
        return "SHA256:" + new String(text, StandardCharsets.US_ASCII);
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every Java platform has SHA-256", e);
      }
    }
  }
}
