package relay.server;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;
import relay.server.admin.NameRequests;
import relay.server.admin.OperatorRequests;
import relay.server.config.ServerConfig;
import relay.server.tunnel.HostnameAllocator;
import relay.server.tunnel.NameStore;
import relay.server.tunnel.Reservations;
import relay.server.tunnel.TunnelRegistry;

/**
 * The commands {@code reserve}, {@code release} and {@code names}: told to the server that runs,
 * or, where none does, carried out here.
 */
final class NamesCommand {

  private static final Set<String> NAMES = Set.of("reserve", "release", "names");

  private NamesCommand() {}

  /** Adds the commands to that of the server. */
  static void addTo(CommandSpec server) {
    server.addSubcommand(
        "reserve",
        OperatorCommand.spec("reserve", "keeps a name or a port for a key for ever")
            .addPositional(name())
            .addOption(
                OptionSpec.builder("--to")
                    .arity("1")
                    .type(String.class)
                    .required(true)
                    .paramLabel("SHA256:...")
                    .description(
                        "the key's fingerprint, as ssh-keygen -l shows it; or token: and a token's id")
                    .build())
            .addOption(
                OptionSpec.builder("--pool")
                    .description("several sessions of the key share the name, by turns")
                    .build()));
    server.addSubcommand(
        "release",
        OperatorCommand.spec(
                "release",
                "takes a name or a port from its owner; tunnels on it end, and a key's own name"
                    + " becomes a new one")
            .addPositional(name()));
    server.addSubcommand(
        "names", OperatorCommand.spec("names", "lists names and ports, their owners and states"));
  }

  private static PositionalParamSpec name() {
    return PositionalParamSpec.builder()
        .index("0")
        .arity("1")
        .type(String.class)
        .paramLabel("NAME")
        .description("a name, or a port's number")
        .build();
  }

  /** Whether what was typed is one of these. */
  static boolean isAsked(ParseResult parsed) {
    return parsed.hasSubcommand() && NAMES.contains(parsed.subcommand().commandSpec().name());
  }

  private static Map<String, Object> request(ParseResult command) {
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("do", command.commandSpec().name());
    if (command.hasMatchedPositional(0)) {
      request.put("name", command.matchedPositionalValue(0, ""));
    }
    if (command.hasMatchedOption("--to")) {
      request.put("to", command.matchedOptionValue("--to", ""));
    }
    if (command.hasMatchedOption("--pool")) {
      request.put("pool", true);
    }
    return request;
  }

  /**
   * Carries the command out. Blocking, but for the future.
   *
   * @return the answer's lines
   * @throws StartFailure where the data directory cannot be used
   */
  static CompletableFuture<List<String>> run(ParseResult parsed, ServerConfig config)
      throws StartFailure {
    return OperatorCommand.ask(
        config,
        request(parsed.subcommand()),
        directory -> {
          NameStore store = directory.closing(NameStore.open(directory.path()));
          TunnelRegistry registry = TunnelRegistry.of(config.limits(), store, System::nanoTime);
          return new OperatorRequests(
              new NameRequests(
                  new Reservations(
                      registry,
                      new HostnameAllocator(config.domain(), store, registry::isReserved))));
        });
  }

  /**
   * Shows an answer.
   *
   * @return why it was refused; empty where it was not
   */
  static String show(List<String> lines, PrintWriter out) {
    OperatorCommand.Answer answer = OperatorCommand.Answer.of(lines);
    for (JsonNode said : answer.objects()) {
      if (said.has("owner")) {
        out.printf(
            "%-40s %-50s %s%n",
            OperatorCommand.harmless(said, "name"),
            OperatorCommand.harmless(said, "owner"),
            OperatorCommand.harmless(said, "state"));
      } else if (said.has("message")) {
        out.println(OperatorCommand.harmless(said, "message"));
      }
    }
    out.flush();
    return answer.refused();
  }
}
