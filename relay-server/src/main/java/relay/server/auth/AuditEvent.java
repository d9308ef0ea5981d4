package relay.server.auth;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;

/**
 * One thing that an operator may have to account for later.
 *
 * @param what it was about: the public address, or how somebody tried to log in; may be empty, and
 *     may hold a stranger's bytes
 * @param why it was refused or ended; null for what was neither
 */
public record AuditEvent(Kind kind, Who who, String what, @Nullable Refusal why) {

  /** What happened. The words are stable: scripts match on them. */
  public enum Kind {
    LOGIN("login"),
    LOGIN_REFUSED("login-refused"),
    FORWARD("forward"),
    CANCEL("cancel"),
    TAKEOVER("takeover"),
    REFUSAL("refusal"),
    KICK("kick"),
    EXPIRY("expiry");

    private final String word;

    Kind(String word) {
      this.word = word;
    }

    public String word() {
      return word;
    }

    /** What it is called when a tunnel or a session is ended for that reason. */
    public static Kind ofEnd(RefusalCode code) {
      return switch (code) {
        case TAKEN_OVER -> TAKEOVER;
        case TUNNEL_REMOVED, NAME_RELEASED, AUTO_CLOSE -> CANCEL;
        case KEEPALIVE_LOST, DEADLINE, KEY_EXPIRED -> EXPIRY;
        case NOT_PERMITTED,
            NAME_TWICE,
            OPTION_INVALID,
            NOT_SUPPORTED_YET,
            ADDRESS_NOT_ALLOWED,
            PORT_IN_USE ->
            REFUSAL;
        default -> KICK;
      };
    }
  }

  /**
   * Who it was.
   *
   * @param identity how people recognise it; empty where nobody has proved to be anybody
   * @param fingerprint of the key, proved or only offered; empty for none
   * @param user the login name, as {@link #of} and {@link #unproved} let it be shown
   * @param source the client's address; empty where it had gone before anybody asked
   * @param port the client's, 0 where the address is not known
   */
  public record Who(String identity, String fingerprint, String user, String source, int port) {

    /** A login name as people have them; what looks otherwise may be a secret in a wrong place. */
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9._@+-]{0,32}");

    public static Who of(Identity identity, String user, @Nullable SocketAddress source) {
      return who(identity.display(), identity.id(), user, source);
    }

    static Who unproved(String fingerprint, String user, @Nullable SocketAddress source) {
      return who("", fingerprint, user, source);
    }

    private static String shown(String user) {
      return PLAIN.matcher(user).matches() ? user : "(" + user.length() + " characters)";
    }

    private static Who who(
        String identity, String fingerprint, String user, @Nullable SocketAddress source) {
      return source instanceof InetSocketAddress client
          ? new Who(
              identity,
              fingerprint,
              shown(user),
              client.getAddress().getHostAddress(),
              client.getPort())
          : new Who(identity, fingerprint, shown(user), "", 0);
    }
  }
}
