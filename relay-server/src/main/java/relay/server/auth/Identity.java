package relay.server.auth;

/**
 * Who connected: exists only once a signature by the key was verified.
 *
 * @param id the key's fingerprint, {@code SHA256:…}
 * @param display how people recognise it (the key's comment, or the fingerprint), harmless on a
 *     terminal
 */
public record Identity(String id, String display) {
  @Override
  public String toString() {
    return display;
  }
}
