package relay.server.auth;

import java.net.InetAddress;
import java.security.PublicKey;
import java.security.interfaces.RSAKey;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.sshd.common.config.keys.OpenSshCertificate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import relay.common.endpoint.InvalidValue;
import relay.common.endpoint.Untrusted;
import relay.common.ssh.PublicKeyLine;

/**
 * Whose certificates are taken: the {@code cert-authority} lines, by the fingerprint of the
 * authority's key. What is asked here of a certificate is all but its type, validity, signature and
 * critical options, which are checked when it is shown ({@link VerifiedKey}).
 *
 * @param lines in their order; empty for one that keeps the authority out
 */
record Authorities(Map<String, List<Optional<Line>>> lines) {

  private static final Logger LOG = LoggerFactory.getLogger(Authorities.class);

  private static final String FORWARDING = "permit-port-forwarding";
  private static final int MIN_RSA_BITS = 2048;

  /**
   * One authority's line.
   *
   * @param principals of {@code principals=}; empty where there is none
   */
  record Line(Grants grants, List<String> principals) {}

  /**
   * Who holds the certificate, and with which rights; null where nobody.
   *
   * @param user the login name
   */
  KeyRing.@Nullable Entry find(
      OpenSshCertificate certificate, String user, InetAddress from, Instant now) {
    PublicKey authority = certificate.getCaPubKey();
    if (authority instanceof OpenSshCertificate) {
      return null; // no chains
    }
    String id = PublicKeyLine.fingerprint(authority);
    for (Optional<Line> line : lines.getOrDefault(id, List.of())) {
      if (line.isEmpty()) {
        return null;
      }
      String principal = principal(certificate, user, line.get());
      if (principal == null || isWeak(certificate.getCertPubKey())) {
        LOG.info(
            "certificate '{}' by {} is not for '{}'",
            InvalidValue.shown(String.valueOf(certificate.getId())),
            id,
            InvalidValue.shown(user));
      } else if (line.get().grants().hold(from, now)) {
        return new KeyRing.Entry(
            new Identity(id + "/" + principal, principal), grants(line.get(), certificate));
      }
    }
    return null;
  }

  /**
   * The login name, where the certificate and the line have it; else the first of the line's
   * principals that the certificate has.
   */
  private static @Nullable String principal(
      OpenSshCertificate certificate, String user, Line line) {
    List<String> held = List.copyOf(certificate.getPrincipals());
    if (held.contains(user) && (line.principals().isEmpty() || line.principals().contains(user))) {
      return isName(user) ? user : null;
    }
    return line.principals().stream().filter(held::contains).findFirst().orElse(null);
  }

  /** A name that means the same to whoever reads it. */
  static boolean isName(String text) {
    return !text.isEmpty()
        && text.chars().noneMatch(Character::isWhitespace)
        && Untrusted.harmless(text).equals(text);
  }

  private static boolean isWeak(PublicKey key) {
    return key instanceof RSAKey rsa && rsa.getModulus().bitLength() < MIN_RSA_BITS;
  }

  private static Grants grants(Line line, OpenSshCertificate certificate) {
    return line.grants()
        .within(
            certificate.getExtensionsMap().containsKey(FORWARDING),
            !certificate.getCriticalOptionsMap().containsKey(OpenSshCertificate.FORCE_COMMAND));
  }
}
