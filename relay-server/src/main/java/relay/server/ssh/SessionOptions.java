package relay.server.ssh;

import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import relay.common.endpoint.InvalidValue;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.server.tunnel.RefusedException;
import relay.server.tunnel.TunnelOptions;

/**
 * The words of an exec command, as in {@code ssh -R 80:localhost:3000 host host-header=rewrite}:
 * {@code key=value}, separated by spaces.
 */
final class SessionOptions {

  private static final Map<String, SessionOption> KNOWN =
      SessionOption.ALL.stream()
          .collect(
              Collectors.toMap(
                  SessionOption::name, option -> option, (one, same) -> one, TreeMap::new));

  private SessionOptions() {}

  /**
   * Reads a command.
   *
   * @param options what the words change
   * @param https whether there is an HTTPS address to send visitors to
   * @throws RefusedException naming the first word that is wrong; nothing is changed then
   */
  static TunnelOptions read(String command, TunnelOptions options, boolean https)
      throws RefusedException {
    TunnelOptions changed = options;
    for (String word : command.strip().split(" +", -1)) {
      if (!word.isEmpty()) {
        changed = read(word, changed);
      }
    }
    if (changed.forceHttps() && !https) {
      throw refused(
          RefusalCode.HTTPS_OFF, "'force-https=true': the server has no HTTPS address to send to");
    }
    if (changed.shape().passed() && !https) {
      throw refused(RefusalCode.HTTPS_OFF, "'sni-proxy=true': the server has no HTTPS listener");
    }
    if (changed.shape().passed() && changed.shape().alias()) {
      throw refused(
          RefusalCode.OPTION_INVALID,
          "'sni-proxy=true': a private name (tcp-alias=true) has no visitors by TLS");
    }
    return changed;
  }

  private static TunnelOptions read(String word, TunnelOptions options) throws RefusedException {
    int equals = word.indexOf('=');
    SessionOption option = equals < 0 ? null : KNOWN.get(word.substring(0, equals));
    if (option == null) {
      throw refused(
          RefusalCode.UNKNOWN_OPTION,
          "'"
              + Lines.shown(word)
              + "' is no option; known are "
              + String.join("=, ", KNOWN.keySet())
              + "=");
    }
    try {
      return option.reader().apply(options, word.substring(equals + 1));
    } catch (InvalidValue e) {
      throw refused(
          RefusalCode.OPTION_INVALID, "'" + Lines.shown(word) + "': expected " + e.expected());
    }
  }

  private static RefusedException refused(RefusalCode code, String message) {
    return new RefusedException(new Refusal(code, message));
  }
}
