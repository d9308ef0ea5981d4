package relay.client;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import relay.client.local.LocalAddress;
import relay.common.config.Durations;
import relay.common.endpoint.InvalidValue;
import relay.common.endpoint.LocalName;
import relay.common.endpoint.PathPrefix;

/** What can be wanted of an HTTP tunnel: the words of an exec command, as flags. */
final class HttpOptions {

  private static final int DEFAULT_PORT = 80;
  private static final Duration MAX_UPSTREAM_TIMEOUT = Duration.ofHours(1);

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command = CommandSpec.create();

  @Option(
      names = "--path",
      paramLabel = "PATH",
      description = "The path below the name that is wanted, such as /api; else all of it.")
  private String path = "";

  @Option(
      names = "--strip-path",
      description = "Ask the web server without that path: for /api/users, it is asked for /users.")
  private boolean stripPath;

  @Option(
      names = "--host-header",
      paramLabel = "rewrite|HOST",
      description = {
        "Ask the web server by this Host; rewrite means PORT or HOST:PORT as given above.",
        "Redirects, cookies and Origin are translated, bodies are not."
      })
  private @Nullable String hostHeader;

  @Option(names = "--force-https", description = "Send visitors who come by http to https.")
  private boolean forceHttps;

  @Option(
      names = "--upstream-timeout",
      paramLabel = "TIME",
      description = "How long the web server may take to begin its answer: 30s, 5m, up to 1h.")
  private @Nullable String upstreamTimeout;

  /**
   * @throws ParameterException where no request could reach it
   */
  PathPrefix path() {
    try {
      return PathPrefix.of(path);
    } catch (InvalidValue e) {
      throw usage("--path " + e.getMessage());
    }
  }

  /**
   * What the relay is told of the tunnel.
   *
   * @param local where the web server listens
   * @throws ParameterException where an option makes no sense
   */
  List<String> words(LocalAddress local) {
    List<String> words = new ArrayList<>();
    if (hostHeader != null) {
      words.add("host-header=" + host(hostHeader, local));
    }
    if (stripPath) {
      if (path().equals(PathPrefix.ALL)) {
        throw usage("--strip-path: there is nothing to strip without --path");
      }
      words.add("strip-path=true");
    }
    if (forceHttps) {
      words.add("force-https=true");
    }
    if (upstreamTimeout != null) {
      words.add("upstream-timeout=" + millis(upstreamTimeout) + "ms");
    }
    return words;
  }

  private String host(String wanted, LocalAddress local) {
    boolean rewrite = wanted.equals("rewrite");
    try {
      return LocalName.of(rewrite ? host(local) : wanted).text();
    } catch (InvalidValue e) {
      throw usage("--host-header " + (rewrite ? "rewrite: " : "") + e.getMessage());
    }
  }

  /** As a browser writes it. */
  private static String host(LocalAddress local) {
    String text = local.toString();
    return local.port() == DEFAULT_PORT ? text.substring(0, text.lastIndexOf(':')) : text;
  }

  private long millis(String text) {
    Duration timeout = Duration.ZERO;
    try {
      timeout = Durations.of(text);
    } catch (InvalidValue e) {
      // as zero, which is none either
    }
    if (timeout.isZero() || timeout.compareTo(MAX_UPSTREAM_TIMEOUT) > 0) {
      throw usage(
          "--upstream-timeout '"
              + InvalidValue.shown(text)
              + "': expected a duration such as 5m, up to 1h");
    }
    return timeout.toMillis();
  }

  private ParameterException usage(String message) {
    return new ParameterException(command.commandLine(), message);
  }
}
