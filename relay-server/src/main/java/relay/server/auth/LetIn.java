package relay.server.auth;

import java.util.function.Supplier;

/**
 * Who is let in: keys, and tokens. Asked at every try, so that a change counts from the next one
 * on. Any thread.
 *
 * @param anonymous those who have neither
 */
public record LetIn(Supplier<KeyRing> keys, Supplier<Tokens> tokens, Anonymous anonymous) {

  /**
   * As it is at one time.
   *
   * @param keys changes only as what others are asked for does
   */
  public record Now(KeyRing keys, Tokens tokens) {

    /** Whether time alone may take rights away from somebody. */
    public boolean expires() {
      return keys.expires() || tokens.expire();
    }
  }

  public Now now() {
    return new Now(keys.get(), tokens.get());
  }
}
