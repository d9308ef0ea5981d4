package relay.server.ssh;

import java.time.Duration;
import java.util.List;
import relay.common.config.Durations;
import relay.common.endpoint.InvalidValue;
import relay.common.endpoint.LocalName;
import relay.server.tunnel.Guests;
import relay.server.tunnel.TunnelOptions;

/**
 * One word that may stand behind an ssh command, {@code name=value}. All that there are stand here:
 * what is known, the help and the README's table follow from it.
 *
 * @param name before the equals sign
 * @param examples how it is written, in Markdown; empty for another spelling of one that is shown
 * @param meaning in one line
 */
record SessionOption(String name, String examples, String meaning, Reader reader) {

  private static final Duration MAX_UPSTREAM_TIMEOUT = Duration.ofHours(1);

  /** Makes of the options before what the value wishes. */
  interface Reader {
    /**
     * @throws InvalidValue where the value is none
     */
    TunnelOptions apply(TunnelOptions before, String value);
  }

  static final List<SessionOption> ALL =
      List.of(
          new SessionOption(
              "host-header",
              "`host-header=rewrite`, `=app.test`",
              "the service is asked by its own name, `localhost` (by `relay` with its port), or by any other, with or without a port",
              SessionOption::hostHeader),
          new SessionOption(
              "strip-path",
              "`strip-path=true`",
              "without the path of `-R shop/api:80:…`, which `X-Forwarded-Prefix` then tells",
              (options, value) -> options.withStripPath(isTrue(value))),
          new SessionOption(
              "force-https",
              "`force-https=true`",
              "visitors by http are sent to https",
              (options, value) -> options.withForceHttps(isTrue(value))),
          new SessionOption(
              "upstream-timeout",
              "`upstream-timeout=5m`",
              "how long the service may take to begin its answer, up to 1h",
              SessionOption::upstreamTimeout),
          new SessionOption(
              "proxy-protocol",
              "`proxy-protocol=1`, `=2`",
              "the PROXY protocol tells the service the visitor; for TCP too",
              SessionOption::proxyProtocol),
          new SessionOption("proxyproto", "", "", SessionOption::proxyProtocol),
          new SessionOption(
              "allow",
              "`allow=SHA256:…,SHA256:…`, `=any`",
              "which keys, beside your own, may come to your private names; from the next visitor on",
              (options, value) -> options.withGuests(Guests.of(value))),
          new SessionOption(
              "tcp-aliases-allowed-users",
              "",
              "",
              (options, value) -> options.withGuests(Guests.of(value))),
          new SessionOption(
              "deadline",
              "`deadline=15m`, `=2030-01-31T18:00:00Z`",
              "when the tunnels close; seconds since 1970 are taken too",
              (options, value) -> options.withDeadline(Deadlines.of(value))),
          new SessionOption(
              "auto-close",
              "`auto-close=true`",
              "the session ends when its last tunnel has gone",
              (options, value) -> options.withAutoClose(isTrue(value))),
          new SessionOption(
              "local-forward",
              "`local-forward=true`",
              "changes nothing: `-L` works without it",
              SessionOption::localForward),
          notYet("tcp-address", ""),
          notYet("tcp-alias", "false"),
          notYet("sni-proxy", "false"));

  /** One that users of other relays write, and the value that asks for what happens anyway. */
  private static SessionOption notYet(String name, String neutral) {
    return new SessionOption(
        name,
        "",
        "",
        (options, value) -> {
          if (!value.equals(neutral)) {
            throw new NotYet(value, neutral);
          }
          return options;
        });
  }

  /** A value that asks for what is not built. */
  static final class NotYet extends InvalidValue {
    private static final long serialVersionUID = 1L;

    private NotYet(String value, String neutral) {
      super(value, "supported yet", neutral);
    }
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

  /** Accepted for those who write it: there is nothing to allow. */
  private static TunnelOptions localForward(TunnelOptions options, String value) {
    boolean unused = isTrue(value);
    return options;
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
}
