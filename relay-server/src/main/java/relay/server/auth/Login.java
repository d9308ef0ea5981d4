package relay.server.auth;

import java.net.InetAddress;
import java.security.PublicKey;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;

/**
 * Who has proved who he is, and what he may do. Immutable.
 *
 * @param user the login name
 * @param from the client's address
 * @param grants those that the key or the token had when it logged in
 */
public record Login(Proof proof, String user, InetAddress from, Identity identity, Grants grants) {

  /** What proved it. */
  public sealed interface Proof {

    /** How messages call it, behind "your". */
    String word();

    /**
     * A signature.
     *
     * @param key or certificate
     */
    record Key(PublicKey key) implements Proof {
      @Override
      public String word() {
        return "key";
      }
    }

    /** Nothing: whoever comes is let in. */
    record Nothing() implements Proof {
      @Override
      public String word() {
        return "login without a key";
      }
    }

    /** That the token was given. */
    record OfToken(String id) implements Proof {
      @Override
      public String word() {
        return "token";
      }
    }
  }

  /** Whether who knows the key has to be asked time and again. */
  public boolean isAsked(LetIn.Now now) {
    return proof instanceof Proof.Key by && now.keys().asks(by.key());
  }

  /**
   * Why the session may not go on; null where it may. Rights that have grown count from the next
   * login on.
   */
  public @Nullable Refusal objection(LetIn.Now now, Instant time) {
    if (proof instanceof Proof.Key by) {
      return objection(now.keys(), by.key(), time);
    }
    return proof instanceof Proof.OfToken by ? objection(now.tokens().get(by.id()), time) : null;
  }

  private @Nullable Refusal objection(KeyRing ring, PublicKey key, Instant time) {
    KeyRing deciding = ring.deciding(key, user);
    if (deciding == null) {
      return null; // no answer throws nobody out
    }
    KeyRing.Entry entry = deciding.find(key, user, from, time);
    if (entry == null || !entry.identity().id().equals(identity.id())) {
      return entry == null && deciding.hasExpired(key, time)
          ? new Refusal(RefusalCode.KEY_EXPIRED, "the time of your key is over (expiry-time)")
          : new Refusal(RefusalCode.KEY_REVOKED, "your key is not let in any more");
    }
    return entry.grants().cover(grants)
        ? null
        : new Refusal(
            RefusalCode.KEY_RESTRICTED,
            "your key may do less than it might; connect again for what is left");
  }

  private static @Nullable Refusal objection(@Nullable Token token, Instant time) {
    if (token == null) {
      return new Refusal(RefusalCode.TOKEN_REVOKED, "your token was revoked");
    }
    return token.isOver(time)
        ? new Refusal(RefusalCode.KEY_EXPIRED, "the time of your token is over")
        : null;
  }
}
