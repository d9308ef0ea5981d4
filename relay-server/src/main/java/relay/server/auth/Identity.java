package relay.server.auth;

/**
 * Who connected: exists only once a signature by the key was verified, or the token was given.
 *
 * @param id the key's fingerprint, {@code SHA256:…}; of a token {@code token:} and its id
 * @param display how people recognise it (the key's comment, the token's label, or the id),
 *     harmless on a terminal
 */
public record Identity(String id, String display) {
  @Override
  public String toString() {
    return display;
  }
}
