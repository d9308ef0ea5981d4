package relay.server;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import relay.common.config.ConfigKey;
import relay.common.config.Version;

/** What can be typed after {@code relay-server}; the flags come from the configuration's keys. */
final class ServerCommand {

  /** Ended by a signal, or after a question such as {@code --help}. */
  static final int STOPPED = 0;

  /** Failed while running. */
  static final int FAILED = 1;

  /** Never ran: the user can mend it. */
  static final int MISTAKE = 2;

  private ServerCommand() {}

  static CommandLine of(List<ConfigKey> keys) {
    CommandSpec spec = CommandSpec.create().name("relay-server");
    spec.version("relay-server " + Version.current());
    spec.addOption(
        option("--config")
            .paramLabel("FILE")
            .description("a YAML file with the keys in brackets and limits; or RELAY_CONFIG")
            .build());
    keys.stream()
        .filter(key -> !key.setting().flag().isEmpty())
        .forEach(key -> spec.addOption(option(key)));
    spec.addOption(
        OptionSpec.builder("-h", "--help").usageHelp(true).description("print this").build());
    spec.addOption(
        OptionSpec.builder("-V", "--version")
            .versionHelp(true)
            .description("print the version")
            .build());
    NamesCommand.addTo(spec);
    TokenCommand.addTo(spec);
    spec.addSubcommand(
        "generate-completion", new CommandLine(new AutoComplete.GenerateCompletion()));
    spec.usageMessage()
        .description("Gives local ports public addresses, with the ssh that people have.%n")
        .sortOptions(false)
        .abbreviateSynopsis(true)
        .footer(
            "",
            "A flag wins over the environment (ssh.listen is RELAY_SSH_LISTEN), which",
            "wins over the file.",
            "",
            "Examples:",
            "  relay-server",
            "      on loopback, for whoever's keys are in ~/.ssh; then:",
            "      ssh -p 2222 -R 80:localhost:3000 localhost",
            "  relay-server --domain example.org --http-listen '*:80' --tcp-listen '*' \\",
            "      --ssh-listen '*:2222' --authorized-keys /etc/relay/authorized_keys",
            "      for a team, on a server of your own",
            "  relay-server --https-listen '*:443' --https-certificate fullchain.pem \\",
            "      --https-key privkey.pem --domain example.org",
            "  relay-server --config /etc/relay/relay.yml",
            "  relay-server reserve billing --to SHA256:...",
            "      a name, or a port, for one key for ever; also while the server runs",
            "  relay-server token create --label ci --expires 30d",
            "      what lets in who has no key to hand; ssh asks for it",
            "  source <(relay-server generate-completion)",
            "      completion of flags in bash and zsh")
        .exitCodeListHeading("%nExit status:%n")
        .exitCodeList(exitCodes());
    return new CommandLine(spec).setExpandAtFiles(false).setUsageHelpAutoWidth(true);
  }

  private static OptionSpec option(ConfigKey key) {
    String byDefault = key.setting().byDefault();
    String text =
        key.setting().meaning()
            + " ["
            + key.name()
            + (byDefault.isEmpty() ? "" : "; default: " + byDefault)
            + "]";
    OptionSpec.Builder option =
        option(key.setting().flag()).paramLabel(label(key)).description(text);
    return key.list()
        ? option.type(List.class).auxiliaryTypes(String.class).build()
        : option.build();
  }

  private static OptionSpec.Builder option(String name) {
    return OptionSpec.builder(name).arity("1").type(String.class);
  }

  private static String label(ConfigKey key) {
    String name = key.name().substring(key.name().lastIndexOf('.') + 1);
    return switch (name) {
      case "listen" -> key.list() ? "HOST" : "HOST:PORT";
      case "authorized-keys", "certificate", "key" -> "FILE";
      case "data-dir" -> "DIR";
      case "public-url" -> "URL";
      case "ports", "allow" -> "PORTS";
      default -> "VALUE";
    };
  }

  private static Map<String, String> exitCodes() {
    Map<String, String> codes = new LinkedHashMap<>();
    codes.put(String.valueOf(STOPPED), "stopped by SIGTERM or SIGINT, requests in flight ended");
    codes.put(String.valueOf(FAILED), "failed while running; the log says why");
    codes.put(
        String.valueOf(MISTAKE),
        "a bad flag, variable or file, an address in use, a data directory that cannot be used");
    return codes;
  }
}
