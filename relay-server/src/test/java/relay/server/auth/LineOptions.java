package relay.server.auth;

/** Makes grants of the options that stand before a key in {@code authorized_keys}. */
public final class LineOptions {

  private LineOptions() {}

  public static Grants grants(String options) {
    try {
      return KeyOptions.parse(options).grants();
    } catch (KeyOptions.Refused e) {
      throw new AssertionError(options, e);
    }
  }
}
