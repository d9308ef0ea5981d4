package relay.server.auth;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.cert.CertificateException;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.sshd.common.NamedResource;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.OpenSshCertificate;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.server.auth.pubkey.UserAuthPublicKey;
import org.apache.sshd.server.session.ServerSession;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.AddressRange;
import relay.common.endpoint.InvalidValue;
import relay.common.ssh.Algorithms;

/**
 * Public-key authentication (RFC 4252 §7) that notes whose signature was verified. MINA asks its
 * {@code PublickeyAuthenticator} for keys that are only named, too; so nothing that is noted there
 * says who logs in.
 *
 * <p>Of a certificate MINA checks type, validity and the authority's signature; its critical
 * options are checked here, and whether its authority is ours by the ring.
 */
final class VerifiedKey extends UserAuthPublicKey {

  private static final Set<String> ALGORITHMS =
      Set.copyOf(NamedResource.getNameList(Algorithms.userSignatures()));

  private final Supplier<KeyRing> ring;

  VerifiedKey(Supplier<KeyRing> ring) {
    super(Algorithms.userSignatures());
    this.ring = ring;
  }

  /**
   * When the ring knows of the key that is named; null where it is of no kind that we take. Leaves
   * the buffer as it is.
   */
  static @Nullable CompletableFuture<?> known(KeyRing ring, String user, Buffer buffer)
      throws IOException, GeneralSecurityException {
    return isAccepted(buffer) ? ring.prepare(key(buffer), user) : null;
  }

  @Override
  public Boolean doAuth(Buffer buffer, boolean init) throws Exception {
    if (!init || !isAccepted(buffer)) {
      return Boolean.FALSE;
    }
    PublicKey key = key(buffer);
    if (SshAuthentication.find(ring, key, getUsername(), getServerSession()) == null) {
      return Boolean.FALSE; // before anything of it is computed
    }
    Boolean verified = super.doAuth(buffer, true);
    return Boolean.TRUE.equals(verified) ? note(key) : verified;
  }

  /** False where the key was taken off the ring since it was named. */
  private Boolean note(PublicKey key) {
    ServerSession session = getServerSession();
    Login login = SshAuthentication.find(ring, key, getUsername(), session);
    if (login == null) {
      return Boolean.FALSE;
    }
    SshAuthentication.note(session, login);
    return Boolean.TRUE;
  }

  /** Whether we know the algorithm, and the key is one of that kind. Leaves the buffer as it is. */
  private static boolean isAccepted(Buffer buffer) {
    int start = buffer.rpos();
    try {
      buffer.getBoolean(); // whether a signature follows
      String algorithm = buffer.getString();
      buffer.getInt(); // length of the key
      String type = buffer.getString();
      return ALGORITHMS.contains(algorithm) && type.equals(KeyUtils.getCanonicalKeyType(algorithm));
    } finally {
      buffer.rpos(start);
    }
  }

  /** The key that is named, and signs if there is a signature. Leaves the buffer as it is. */
  private static PublicKey key(Buffer buffer) throws IOException, GeneralSecurityException {
    int start = buffer.rpos();
    int end = buffer.wpos();
    try {
      buffer.getBoolean();
      buffer.getString();
      int length = buffer.ensureAvailable(buffer.getInt());
      buffer.wpos(buffer.rpos() + length);
      return buffer.getRawPublicKey();
    } finally {
      buffer.wpos(end);
      buffer.rpos(start);
    }
  }

  /** As sshd; {@code force-command} is honoured by the grants, which then have no console. */
  @Override
  protected void verifyCriticalOptions(ServerSession session, OpenSshCertificate certificate)
      throws CertificateException {
    for (var option : certificate.getCriticalOptionsMap().entrySet()) {
      switch (option.getKey()) {
        case OpenSshCertificate.FORCE_COMMAND -> {}
        case OpenSshCertificate.SOURCE_ADDRESS -> verifySource(session, option.getValue());
        default ->
            throw new CertificateException(
                "critical option '" + InvalidValue.shown(option.getKey()) + "' is not known");
      }
    }
  }

  private static void verifySource(ServerSession session, String list) throws CertificateException {
    boolean inside;
    try {
      inside =
          session.getClientAddress() instanceof InetSocketAddress client
              && Arrays.stream(list.split(",", -1)).map(AddressRange::of).toList().stream()
                  .anyMatch(range -> range.contains(client.getAddress()));
    } catch (InvalidValue e) {
      throw new CertificateException("source-address: " + e.getMessage(), e);
    }
    if (!inside) {
      throw new CertificateException("source-address: not from here");
    }
  }
}
