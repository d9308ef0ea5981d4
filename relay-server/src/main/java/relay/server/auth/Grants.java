package relay.server.auth;

/**
 * What a key may do, by its line in {@code authorized_keys}. The server's configuration may allow
 * less, never more.
 *
 * @param console whether a shell of its own is given; {@code command=} takes it away
 */
public record Grants(boolean console) {

  /** Of a line without options. */
  public static final Grants ALL = new Grants(true);
}
