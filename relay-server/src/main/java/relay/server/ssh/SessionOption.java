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
              "pool",
              "`pool=true`",
              "further sessions of your key share the names, by turns, and do not take them over",
              (options, value) -> options.withPool(isTrue(value))),
          new SessionOption(
              "local-forward",
              "`local-forward=true`",
              "changes nothing: `-L` works without it",
              SessionOption::localForward),
          new SessionOption(
              "tcp-alias",
              "`tcp-alias=true`",
              "a name on 80 or 443 is private; until ssh has sent this word it was public",
              (options, value) -> options.withShape(options.shape().withAlias(isTrue(value)))),
          new SessionOption(
              "sni-proxy",
              "`sni-proxy=true`",
              "what is asked for with 443 ends its TLS itself; until then the relay did",
              (options, value) -> options.withShape(options.shape().withPassed(isTrue(value)))),
          new SessionOption(
              "tcp-address",
              "`tcp-address=127.0.0.1`",
              "where TCP ports are bound, under `gateway-ports clientspecified`; until then elsewhere",
              SessionOption::tcpAddress));

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

  private static TunnelOptions tcpAddress(TunnelOptions options, String value) {
    if (!ForwardTable.isAddress(value)) {
      throw new InvalidValue(value, "an address", "an IP address of the server, such as 127.0.0.1");
    }
    return options.withShape(options.shape().withAddress(value));
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
