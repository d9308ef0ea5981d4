package relay.server.auth;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import relay.common.endpoint.Untrusted;

/**
 * The options before a key in {@code authorized_keys} (sshd(8), AUTHORIZED_KEYS FILE FORMAT), read
 * as sshd reads them: names in any case, commas between, values in double quotes in which only
 * {@code \"} is special.
 */
final class KeyOptions {

  /** Of sshd, and without effect on what a relay does. */
  private static final Set<String> WITHOUT_EFFECT =
      Set.of(
          "no-pty",
          "pty",
          "no-agent-forwarding",
          "agent-forwarding",
          "no-x11-forwarding",
          "x11-forwarding",
          "no-user-rc",
          "user-rc");

  private static final Set<String> WITH_VALUE = Set.of("command", "environment");

  /** Of sshd, and a limit on the key that is not enforced here: such a key must stay out. */
  private static final Set<String> NOT_SUPPORTED_YET =
      Set.of(
          "restrict",
          "permitlisten",
          "permitopen",
          "from",
          "expiry-time",
          "cert-authority",
          "no-port-forwarding",
          "port-forwarding",
          "principals",
          "tunnel",
          "verify-required",
          "no-verify-required",
          "touch-required",
          "no-touch-required");

  private static final int SHOWN = 40;

  private final String text;
  private int at;

  private KeyOptions(String text) {
    this.text = text;
  }

  /** Options that cannot be honoured; the message says which and why. */
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1L;

    private final String reason;

    Refused(String reason) {
      super(reason);
      this.reason = reason;
    }

    String reason() {
      return reason;
    }
  }

  /**
   * Where the options at the beginning of a line end: at its first blank outside of quotes.
   *
   * @return -1 where a quote is left open
   */
  static int end(String line) {
    boolean quoted = false;
    int i = 0;
    for (; i < line.length() && (quoted || !isBlank(line.charAt(i))); i++) {
      if (line.startsWith("\\\"", i)) {
        i++;
      } else if (line.charAt(i) == '"') {
        quoted = !quoted;
      }
    }
    return quoted ? -1 : i;
  }

  /** What the options leave to their key. */
  static Grants parse(String options) throws Refused {
    return new KeyOptions(options).parse();
  }

  private Grants parse() throws Refused {
    Map<String, String> values = new HashMap<>();
    while (at < text.length()) {
      String name = name();
      boolean hasValue = at < text.length() && text.charAt(at) == '=';
      check(name, hasValue);
      if (hasValue) {
        at++;
        String value = quoted(name);
        if (values.put(name, value) != null && name.equals("command")) {
          throw new Refused("option 'command' is there twice");
        }
      }
      if (at < text.length() && text.charAt(at++) != ',') {
        throw new Refused(
            "option '" + shown(name) + "' is followed by something else than a comma");
      }
    }
    return values.containsKey("command") ? new Grants(false) : Grants.ALL;
  }

  private String name() {
    int start = at;
    while (at < text.length() && ",=\"".indexOf(text.charAt(at)) < 0) {
      at++;
    }
    return text.substring(start, at).toLowerCase(Locale.ROOT);
  }

  private static void check(String name, boolean hasValue) throws Refused {
    if (NOT_SUPPORTED_YET.contains(name)) {
      throw new Refused("option '" + name + "' is not supported yet");
    }
    if (!(hasValue ? WITH_VALUE : WITHOUT_EFFECT).contains(name)) {
      throw new Refused(
          WITH_VALUE.contains(name)
              ? "option '" + name + "' needs a value in quotes"
              : WITHOUT_EFFECT.contains(name)
                  ? "option '" + name + "' takes no value"
                  : "option '" + shown(name) + "' is unknown");
    }
  }

  private String quoted(String name) throws Refused {
    if (at == text.length() || text.charAt(at) != '"') {
      throw new Refused("option '" + name + "' needs a value in quotes");
    }
    StringBuilder value = new StringBuilder();
    for (at++; at < text.length() && text.charAt(at) != '"'; at++) {
      if (text.startsWith("\\\"", at)) {
        at++;
      }
      value.append(text.charAt(at));
    }
    if (at == text.length()) {
      throw new Refused("option '" + name + "' has no closing quote");
    }
    at++;
    return value.toString();
  }

  private static String shown(String name) {
    return Untrusted.harmless(name.length() > SHOWN ? name.substring(0, SHOWN) + "…" : name);
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t';
  }
}
