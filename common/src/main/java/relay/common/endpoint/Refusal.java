package relay.common.endpoint;

/** A refusal with its reason: the message names the value and what was expected. */
public record Refusal(RefusalCode code, String message) {

  /** The one line that a person reads: on the console, in the log, in the next banner. */
  public String line() {
    return "relay: " + code.id() + ": " + message;
  }
}
