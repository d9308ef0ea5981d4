package relay.server.auth;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A token that lets in who gives it, for those who have no key to hand. What is given is known by
 * its hash alone. Immutable.
 *
 * @param id tells it from all others; it is in the token, and no secret
 * @param label how its operator calls it, harmless on a terminal; may be empty
 * @param hash of the whole token, in hexadecimal
 * @param expires null for never
 * @param options as before a key in {@code authorized_keys}; may be empty
 * @param grants what the options leave, until it expires
 */
public record Token(
    String id,
    String label,
    String hash,
    Instant created,
    @Nullable Instant expires,
    String options,
    Grants grants) {

  private static final String IDENTITY = "token:";
  private static final int MAX_LABEL = 64;
  private static final int MAX_OPTIONS = 1_500; // a request of the operator's is 4096 bytes

  /**
   * A token with these options.
   *
   * @throws TokenException where one of them is wrong
   */
  static Token of(
      String id,
      String label,
      String hash,
      Instant created,
      @Nullable Instant expires,
      String options)
      throws TokenException {
    if (label.length() > MAX_LABEL || !isPlain(label)) {
      throw new TokenException(
          "the label is none: expected at most " + MAX_LABEL + " letters, digits and ._@+-");
    }
    if (options.length() > MAX_OPTIONS) {
      throw new TokenException("the options are too long: expected at most " + MAX_OPTIONS);
    }
    Grants.Draft draft;
    try {
      draft = KeyOptions.parse(options);
    } catch (KeyOptions.Refused e) {
      throw new TokenException(e.reason());
    }
    if (draft.authority) {
      throw new TokenException("option 'cert-authority' is for keys alone");
    }
    if (expires != null) {
      draft.expiry(expires);
    }
    return new Token(id, label, hash, created, expires, options, draft.grants());
  }

  private static boolean isPlain(String label) {
    return label
        .chars()
        .allMatch(c ->
            (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || "._@+-".indexOf(c) >= 0);
  }

  /** The id, in an identity's or in a whole token; else the text itself. */
  public static String idIn(String text) {
    String inToken = TokenText.id(text.getBytes(StandardCharsets.UTF_8));
    if (!inToken.isEmpty()) {
      return inToken;
    }
    return text.startsWith(IDENTITY) ? text.substring(IDENTITY.length()) : text;
  }

  /** Who gives it: the token itself, whoever has it. */
  public Identity identity() {
    String name = IDENTITY + id;
    return new Identity(name, label.isEmpty() ? name : label);
  }

  /** Whether time has taken it away. */
  public boolean isOver(Instant now) {
    return grants.hasExpired(now);
  }

  /** Without its hash, which is nobody's business either. */
  @Override
  public String toString() {
    return IDENTITY + id;
  }
}
