package relay.common.endpoint;

/**
 * Text that a user or a peer wrote and that is not what it should be. The message names the text,
 * made harmless, and what was expected.
 */
public class InvalidValue extends IllegalArgumentException {

  private static final long serialVersionUID = 1L;
  private static final int SHOWN = 80;

  private final String expected;

  /**
   * @param what names what the text should have been, for example {@code a port range}
   * @param expected says what would have been right
   */
  public InvalidValue(String text, String what, String expected) {
    super("'" + shown(text) + "' is not " + what + ": expected " + expected);
    this.expected = expected;
  }

  /** What was expected, for a message that names the value itself. */
  public String expected() {
    return expected;
  }

  /** The beginning of a text, of 80 characters at most, safe to show. */
  public static String shown(String text) {
    return Untrusted.harmless(text.length() > SHOWN ? text.substring(0, SHOWN) + "…" : text);
  }
}
