package relay.server.auth;

import java.net.InetAddress;
import java.security.PublicKey;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;

/**
 * Who has proved by a signature to hold a key, and what it may do. Immutable.
 *
 * @param key or certificate
 * @param user the login name
 * @param from the client's address
 * @param grants those that the key had when it logged in
 */
public record Login(
    PublicKey key, String user, InetAddress from, Identity identity, Grants grants) {

  /** Whether who knows the key has to be asked time and again. */
  public boolean isAsked(KeyRing ring) {
    return ring.asks(key);
  }

  /**
   * Why the session may not go on; null where it may. Rights that have grown count from the next
   * login on.
   */
  public @Nullable Refusal objection(KeyRing ring, Instant now) {
    KeyRing deciding = ring.deciding(key, user);
    if (deciding == null) {
      return null; // no answer throws nobody out
    }
    KeyRing.Entry entry = deciding.find(key, user, from, now);
    if (entry == null || !entry.identity().id().equals(identity.id())) {
      return entry == null && deciding.hasExpired(key, now)
          ? new Refusal(RefusalCode.KEY_EXPIRED, "the time of your key is over (expiry-time)")
          : new Refusal(RefusalCode.KEY_REVOKED, "your key is not let in any more");
    }
    return entry.grants().cover(grants)
        ? null
        : new Refusal(
            RefusalCode.KEY_RESTRICTED,
            "your key may do less than it might; connect again for what is left");
  }
}
