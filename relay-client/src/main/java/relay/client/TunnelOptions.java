package relay.client;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import relay.client.local.LocalAddress;
import relay.client.session.Forward;
import relay.client.session.ServerAddress;
import relay.client.session.Settings;
import relay.common.endpoint.InvalidValue;

/** What every command that opens a tunnel understands. */
final class TunnelOptions {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command = CommandSpec.create();

  @Option(
      names = "--server",
      paramLabel = "[USER@]HOST[:PORT]",
      defaultValue = "${env:RELAY_SERVER:-127.0.0.1:2222}",
      showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER,
      description = "The relay to use (RELAY_SERVER; else 127.0.0.1:2222; the port is 2222).")
  private String server = "";

  @Option(
      names = "--identity",
      paramLabel = "FILE",
      description = "The only key to offer, instead of those of the agent and of ~/.ssh.")
  private @Nullable Path identity;

  @Option(
      names = "--accept-new",
      description = "Accept the key of a server that is not in known_hosts without a question.")
  private boolean acceptNew;

  @Option(names = "--json", description = "Print one JSON object a line.")
  private boolean json;

  @Option(
      names = "--proxy-protocol",
      paramLabel = "1|2",
      description =
          "Tell the service each visitor's address by the PROXY protocol, version 1 or 2.")
  private @Nullable String proxyProtocol;

  boolean json() {
    return json;
  }

  /**
   * @throws ParameterException where an option makes no sense
   */
  Settings settings(Forward forward, Environment environment) {
    if (identity != null && !Files.isReadable(identity)) {
      throw usage("--identity '" + identity + "': there is no such file that can be read");
    }
    try {
      return new Settings(
          ServerAddress.parse(server, environment.user()),
          forward,
          environment.home().resolve(".ssh"),
          identity,
          identity == null ? environment.token() : null,
          environment.agent(),
          acceptNew,
          environment.person());
    } catch (IllegalArgumentException e) {
      throw usage("--server " + e.getMessage());
    }
  }

  /**
   * What the relay is told of the tunnel.
   *
   * @throws ParameterException where an option makes no sense
   */
  List<String> words() {
    if (proxyProtocol == null) {
      return List.of();
    }
    if (!proxyProtocol.equals("1") && !proxyProtocol.equals("2")) {
      throw usage("--proxy-protocol '" + InvalidValue.shown(proxyProtocol) + "': expected 1 or 2");
    }
    return List.of("proxy-protocol=" + proxyProtocol);
  }

  /**
   * @throws ParameterException where it is none
   */
  LocalAddress local(String text) {
    try {
      return LocalAddress.parse(text);
    } catch (IllegalArgumentException e) {
      throw usage(String.valueOf(e.getMessage()));
    }
  }

  ParameterException usage(String message) {
    return new ParameterException(command.commandLine(), message);
  }
}
