package relay.server.ssh;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import relay.common.config.Durations;
import relay.common.endpoint.InvalidValue;
import relay.common.endpoint.LocalName;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.server.tunnel.RefusedException;
import relay.server.tunnel.TunnelOptions;

/**
 * The words of an exec command, as in {@code ssh -R 80:localhost:3000 host host-header=rewrite}:
 * {@code key=value}, separated by spaces. What is not built yet is taken where it asks for what
 * happens anyway.
 */
final class SessionOptions {

  private static final Duration MAX_UPSTREAM_TIMEOUT = Duration.ofHours(1);

  private interface Option {
    TunnelOptions apply(TunnelOptions options, String value);
  }

  private static final Map<String, Option> KNOWN =
      new TreeMap<>(
          Map.of(
              "host-header", SessionOptions::hostHeader,
              "proxy-protocol", SessionOptions::proxyProtocol,
              "proxyproto", SessionOptions::proxyProtocol,
              "strip-path", (options, value) -> options.withStripPath(isTrue(value)),
              "force-https", (options, value) -> options.withForceHttps(isTrue(value)),
              "upstream-timeout", SessionOptions::upstreamTimeout));

  /** Those that users of other relays write, and the value that changes nothing here. */
  private static final Map<String, String> NOT_YET =
      new TreeMap<>(
          Map.of(
              "sni-proxy", "false",
              "tcp-address", "",
              "tcp-alias", "false",
              "auto-close", "false",
              "local-forward", "false",
              "tcp-aliases-allowed-users", "",
              "deadline", ""));

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
    return changed;
  }

  private static TunnelOptions read(String word, TunnelOptions options) throws RefusedException {
    int equals = word.indexOf('=');
    String key = equals < 0 ? word : word.substring(0, equals);
    String value = word.substring(equals + 1);
    Option option = equals < 0 ? null : KNOWN.get(key);
    if (option != null) {
      try {
        return option.apply(options, value);
      } catch (InvalidValue e) {
        throw refused(
            RefusalCode.OPTION_INVALID, "'" + Lines.shown(word) + "': expected " + e.expected());
      }
    }
    String neutral = equals < 0 ? null : NOT_YET.get(key);
    if (neutral == null) {
      throw refused(
          RefusalCode.UNKNOWN_OPTION,
          "'"
              + Lines.shown(word)
              + "' is no option; known are "
              + String.join("=, ", known())
              + "=");
    }
    if (!neutral.equals(value)) {
      throw refused(
          RefusalCode.NOT_SUPPORTED_YET,
          "'"
              + Lines.shown(word)
              + "' is not supported yet"
              + (neutral.isEmpty() ? "" : "; " + key + "=" + neutral + " is"));
    }
    return options;
  }

  /** By name. */
  static Iterable<String> known() {
    Map<String, Object> all = new TreeMap<>(KNOWN);
    all.putAll(NOT_YET);
    return all.keySet();
  }

  private static TunnelOptions hostHeader(TunnelOptions options, String value) {
    return options.withHostHeader(
        value.equals("rewrite") ? LocalName.LOCALHOST : LocalName.of(value));
  }

  private static TunnelOptions proxyProtocol(TunnelOptions options, String value) {
    return switch (value) {
      case "1", "2" -> options.withProxyProtocol(value.charAt(0) - '0');
      default -> throw new InvalidValue(value, "a version", "1 or 2");
    };
  }

  private static boolean isTrue(String value) {
    return switch (value) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new InvalidValue(value, "a yes or no", "true or false");
    };
  }

  private static TunnelOptions upstreamTimeout(TunnelOptions options, String value) {
    Duration timeout = Durations.of(value);
    if (timeout.isZero() || timeout.compareTo(MAX_UPSTREAM_TIMEOUT) > 0) {
      throw new InvalidValue(value, "in range", "a duration such as 5m, up to 1h");
    }
    return options.withUpstreamTimeout(timeout);
  }

  private static RefusedException refused(RefusalCode code, String message) {
    return new RefusedException(new Refusal(code, message));
  }
}
