package relay.server.ssh;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.RefusalCode;

/**
 * The words of an exec command, as in {@code ssh -R 80:localhost:3000 host force-https=false}:
 * {@code key=value}, separated by spaces. An option is taken where it asks for what happens anyway.
 */
final class SessionOptions {

  /** The options that users of other relays write, and the value that changes nothing here. */
  private static final Map<String, String> KNOWN =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("proxy-protocol", ""),
              Map.entry("proxyproto", ""),
              Map.entry("host-header", ""),
              Map.entry("strip-path", "false"),
              Map.entry("sni-proxy", "false"),
              Map.entry("tcp-address", ""),
              Map.entry("tcp-alias", "false"),
              Map.entry("auto-close", "false"),
              Map.entry("force-https", "false"),
              Map.entry("local-forward", "false"),
              Map.entry("tcp-aliases-allowed-users", ""),
              Map.entry("deadline", "")));

  private SessionOptions() {}

  /** What is wrong with the command, with the code of the refusal; null where nothing is. */
  static @Nullable String fault(String command) {
    for (String word : command.strip().split(" +", -1)) {
      if (word.isEmpty()) {
        continue;
      }
      int equals = word.indexOf('=');
      String key = equals < 0 ? word : word.substring(0, equals);
      String neutral = KNOWN.get(key);
      if (equals < 0 || neutral == null) {
        return RefusalCode.UNKNOWN_OPTION.id()
            + ": '"
            + Lines.shown(word)
            + "' is no option; known are "
            + String.join("=, ", KNOWN.keySet())
            + "=";
      }
      if (!neutral.equals(word.substring(equals + 1))) {
        return RefusalCode.NOT_SUPPORTED_YET.id()
            + ": '"
            + Lines.shown(word)
            + "' is not supported yet"
            + (neutral.isEmpty() ? "" : "; " + key + "=" + neutral + " is");
      }
    }
    return null;
  }
}
