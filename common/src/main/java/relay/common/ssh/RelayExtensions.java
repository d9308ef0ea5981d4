package relay.common.ssh;

/**
 * What our client and our server tell each other beyond the RFCs, each as a global request without
 * a reply (RFC 4254 §4), and only to a peer whose version string (RFC 4253 §4.2) is ours.
 */
public final class RelayExtensions {

  /** Begins the version string of both. */
  public static final String VERSION = "SSH-2.0-Relay_";

  /** Server to client: one string, a flat JSON object with the field {@code event}. */
  public static final String EVENT = "event@relay";

  /**
   * Client to server, no body: what this session asks for, an earlier one had. Where another living
   * session of the same key has it by now, it is not to be taken back.
   */
  public static final String RETURNING = "returning@relay";

  /**
   * Client to server, one string: the words that an exec command has, as {@code strip-path=true},
   * for the forwards that are asked for after it.
   */
  public static final String OPTIONS = "options@relay";

  private RelayExtensions() {}
}
