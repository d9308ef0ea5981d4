package relay.server.tunnel;

import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import relay.common.endpoint.InvalidValue;
import relay.server.auth.Identity;

/**
 * Who, beside its owner, may come to a private alias. Immutable.
 *
 * @param anybody whether everybody may who has a key or a token
 * @param ids those who may by name ({@link Identity#id})
 */
public record Guests(boolean anybody, Set<String> ids) {

  /** Nobody but the owner. */
  public static final Guests NONE = new Guests(false, Set.of());

  private static final int MAX = 256;

  /**
   * A SHA-256 in base64 without padding, as ssh-keygen -l prints it; of who has a certificate, that
   * of its authority, a slash and his principal; or a token's.
   */
  private static final Pattern ID =
      Pattern.compile("SHA256:[A-Za-z0-9+/]{43}(/[!-~&&[^,]]{1,64})?|token:[a-z0-9]{8}");

  public Guests {
    ids = Set.copyOf(ids);
  }

  /**
   * Reads {@code any}, or fingerprints with commas between them; nothing is nobody.
   *
   * @throws InvalidValue where it is neither
   */
  public static Guests of(String text) {
    if (text.isEmpty()) {
      return NONE;
    }
    if (text.equals("any")) {
      return new Guests(true, Set.of());
    }
    Set<String> ids = new TreeSet<>();
    for (String id : text.split(",", MAX)) {
      if (!ID.matcher(id).matches()) {
        throw new InvalidValue(
            text, "a list of keys", "any, or key fingerprints SHA256:…[,…], at most " + MAX);
      }
      ids.add(id);
    }
    return new Guests(false, ids);
  }

  boolean contains(Identity identity) {
    return (anybody && identity.mayReturn()) || ids.contains(identity.id());
  }
}
