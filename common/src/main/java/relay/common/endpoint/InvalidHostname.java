package relay.common.endpoint;

/** Text that is no hostname; the message names it and what was expected. */
public final class InvalidHostname extends IllegalArgumentException {

  private static final long serialVersionUID = 1L;
  private static final int SHOWN = 80;

  private final String expected;

  InvalidHostname(String text, String expected) {
    super("'" + shown(text) + "' is not a hostname: " + expected);
    this.expected = expected;
  }

  /** What was expected, for a message that names the value itself. */
  public String expected() {
    return expected;
  }

  private static String shown(String text) {
    String cut = text.length() > SHOWN ? text.substring(0, SHOWN) + "…" : text;
    return Untrusted.harmless(cut);
  }
}
