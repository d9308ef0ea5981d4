package relay.server.auth;

import java.net.InetAddress;
import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * Who connected: exists only once a signature by the key was verified, or the token was given; or,
 * where the operator lets in whoever comes, for one session.
 *
 * @param id the key's fingerprint, {@code SHA256:…}; of a token {@code token:} and its id; else
 *     {@code anonymous:} and 128 random bits
 * @param display how people recognise it (the key's comment, the token's label, or the id),
 *     harmless on a terminal
 * @param account whose quota it counts against: its own, so the id; of who has neither key nor
 *     token his source's, since he has a new identity each time
 */
public record Identity(String id, String display, String account) {

  private static final int ANONYMOUS_BYTES = 16;
  private static final SecureRandom RANDOM = new SecureRandom();

  /** One that may come back. */
  public Identity(String id, String display) {
    this(id, display, id);
  }

  /** A new one, which nobody else has had, nor will have. */
  static Identity anonymous(InetAddress from) {
    byte[] random = new byte[ANONYMOUS_BYTES];
    RANDOM.nextBytes(random);
    return new Identity(
        "anonymous:" + HexFormat.of().formatHex(random),
        "anonymous",
        "anonymous@" + AuthThrottle.source(from).getHostAddress());
  }

  /** Whether it may come back: else nothing is kept for it, neither in memory nor on the disk. */
  public boolean mayReturn() {
    return account.equals(id);
  }

  @Override
  public String toString() {
    return display;
  }
}
