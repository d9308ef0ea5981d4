package relay.common.endpoint;

/** Text that is no hostname; the message names it and what was expected. */
public final class InvalidHostname extends InvalidValue {

  private static final long serialVersionUID = 1L;

  InvalidHostname(String text, String expected) {
    super(text, "a hostname", expected);
  }
}
