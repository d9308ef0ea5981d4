package relay.server.auth;

import java.time.ZoneId;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import relay.common.endpoint.InvalidValue;
import relay.common.endpoint.Untrusted;

/**
 * The options before a key in {@code authorized_keys} (sshd(8), AUTHORIZED_KEYS FILE FORMAT), read
 * as sshd reads them: names in any case, commas between, values in double quotes in which only
 * {@code \"} is special; one after the other, so that {@code restrict,port-forwarding} forwards.
 */
final class KeyOptions {

  /** What a flag does. */
  private interface Flag {
    void set(Grants.Draft draft);
  }

  /** What an option with a value does; it throws {@link InvalidValue} where the value is wrong. */
  private interface Valued {
    void set(Grants.Draft draft, String value);
  }

  private static final Flag NO_EFFECT = draft -> {};

  private static final Map<String, Flag> FLAGS =
      Map.ofEntries(
          Map.entry("no-pty", NO_EFFECT),
          Map.entry("pty", NO_EFFECT),
          Map.entry("no-agent-forwarding", NO_EFFECT),
          Map.entry("agent-forwarding", NO_EFFECT),
          Map.entry("no-x11-forwarding", NO_EFFECT),
          Map.entry("x11-forwarding", NO_EFFECT),
          Map.entry("no-user-rc", NO_EFFECT),
          Map.entry("user-rc", NO_EFFECT),
          Map.entry("cert-authority", draft -> draft.authority = true),
          Map.entry("restrict", draft -> draft.forwarding = false),
          Map.entry("no-port-forwarding", draft -> draft.forwarding = false),
          Map.entry("port-forwarding", draft -> draft.forwarding = true));

  private static final Map<String, Valued> VALUED =
      Map.of(
          "command", (draft, value) -> draft.console = false,
          "environment", (draft, value) -> {},
          "permitlisten", (draft, value) -> draft.listen.add(ListenPattern.of(value)),
          "permitopen", (draft, value) -> draft.open.add(OpenTarget.of(value)),
          "principals", (draft, value) -> draft.principals.addAll(principals(value)),
          "from", (draft, value) -> draft.sources = Sources.of(value),
          "expiry-time",
              (draft, value) -> draft.expiry(ExpiryTime.of(value, ZoneId.systemDefault())));

  /** Which sshd takes once only. */
  private static final Set<String> ONCE = Set.of("command", "from", "principals");

  /** Of sshd, and a limit on the key that is not enforced here: such a key must stay out. */
  private static final Set<String> NOT_SUPPORTED_YET =
      Set.of(
          "tunnel", "verify-required", "no-verify-required", "touch-required", "no-touch-required");

  private static final int SHOWN = 40;

  private final String text;
  private final Grants.Draft draft = new Grants.Draft();
  private final Set<String> seen = new HashSet<>();
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
  static Grants.Draft parse(String options) throws Refused {
    return new KeyOptions(options).parse();
  }

  private Grants.Draft parse() throws Refused {
    while (at < text.length()) {
      String name = name();
      if (at < text.length() && text.charAt(at) == '=') {
        at++;
        valued(name);
      } else {
        flag(name);
      }
      if (at < text.length() && text.charAt(at++) != ',') {
        throw new Refused(
            "option '" + shown(name) + "' is followed by something else than a comma");
      }
    }
    if (!draft.principals.isEmpty() && !draft.authority) {
      throw new Refused("option 'principals' goes with cert-authority");
    }
    return draft;
  }

  private static List<String> principals(String list) {
    List<String> names = List.of(list.split(",", -1));
    if (!names.stream().allMatch(Authorities::isName)) {
      throw new InvalidValue(list, "a list of principals", "names with commas between");
    }
    return names;
  }

  private String name() {
    int start = at;
    while (at < text.length() && ",=\"".indexOf(text.charAt(at)) < 0) {
      at++;
    }
    return text.substring(start, at).toLowerCase(Locale.ROOT);
  }

  private void flag(String name) throws Refused {
    Flag flag = FLAGS.get(name);
    if (flag == null) {
      throw VALUED.containsKey(name)
          ? new Refused("option '" + name + "' needs a value in quotes")
          : unknown(name);
    }
    flag.set(draft);
  }

  private void valued(String name) throws Refused {
    Valued option = VALUED.get(name);
    if (option == null) {
      throw FLAGS.containsKey(name)
          ? new Refused("option '" + name + "' takes no value")
          : unknown(name);
    }
    String value = quoted(name);
    if (!seen.add(name) && ONCE.contains(name)) {
      throw new Refused("option '" + name + "' is there twice");
    }
    try {
      option.set(draft, value);
    } catch (InvalidValue e) {
      throw new Refused("option '" + name + "': " + e.getMessage());
    }
  }

  private static Refused unknown(String name) {
    return new Refused(
        NOT_SUPPORTED_YET.contains(name)
            ? "option '" + name + "' is not supported yet"
            : "option '" + shown(name) + "' is unknown");
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
