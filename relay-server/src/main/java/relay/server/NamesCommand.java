package relay.server;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;
import relay.common.endpoint.Untrusted;
import relay.server.admin.AdminClient;
import relay.server.admin.NameRequests;
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

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Set<String> NAMES = Set.of("reserve", "release", "names");

  private NamesCommand() {}

  /** Adds the commands to that of the server. */
  static void addTo(CommandSpec server) {
    server.addSubcommand(
        "reserve",
        command("reserve", "keeps a name or a port for a key for ever")
            .addPositional(name())
            .addOption(
                OptionSpec.builder("--to")
                    .arity("1")
                    .type(String.class)
                    .required(true)
                    .paramLabel("SHA256:...")
                    .description("the key's fingerprint, as ssh-keygen -l shows it")
                    .build())
            .addOption(
                OptionSpec.builder("--pool")
                    .description("several sessions of the key share the name, by turns")
                    .build()));
    server.addSubcommand(
        "release",
        command(
                "release",
                "takes a name or a port from its owner; tunnels on it end, and a key's own name"
                    + " becomes a new one")
            .addPositional(name()));
    server.addSubcommand(
        "names", command("names", "lists names and ports, their owners and states"));
  }

  private static CommandSpec command(String name, String description) {
    CommandSpec spec = CommandSpec.create().name(name);
    spec.usageMessage().description(description);
    for (String flag : List.of("--config", "--data-dir", "--domain")) {
      spec.addOption(
          OptionSpec.builder(flag)
              .arity("1")
              .type(String.class)
              .paramLabel(flag.equals("--domain") ? "VALUE" : "FILE")
              .description("as for the server")
              .build());
    }
    return spec.addOption(
        OptionSpec.builder("-h", "--help").usageHelp(true).description("print this").build());
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

  private static String request(ParseResult command) {
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
    try {
      return JSON.writeValueAsString(request);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("strings are always JSON", e);
    }
  }

  /**
   * Carries the command out. Blocking, but for the future.
   *
   * @return the answer's lines
   * @throws StartFailure where the data directory cannot be used
   */
  static CompletableFuture<List<String>> run(ParseResult parsed, ServerConfig config)
      throws StartFailure {
    String request = request(parsed.subcommand());
    DataDir directory = DataDir.tryToTake(config.dataDir());
    try {
      return directory == null
          ? CompletableFuture.completedFuture(AdminClient.ask(config.dataDir(), request, PATIENCE))
          : here(directory, config, request);
    } catch (IOException e) {
      throw new StartFailure(
          DataDir.line(config.dataDir(), Untrusted.harmless(String.valueOf(e.getMessage()))), e);
    }
  }

  private static CompletableFuture<List<String>> here(
      DataDir directory, ServerConfig config, String request) throws IOException {
    NameStore store;
    try {
      store = directory.closing(NameStore.open(directory.path()));
    } catch (IOException e) {
      directory.close();
      throw e;
    }
    TunnelRegistry registry = TunnelRegistry.of(config.limits(), store, System::nanoTime);
    return new NameRequests(
            new Reservations(
                registry, new HostnameAllocator(config.domain(), store, registry::isReserved)))
        .answer(request)
        .whenCompleteAsync((lines, failure) -> {
          try {
            directory.close();
          } catch (IOException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  /**
   * Shows an answer.
   *
   * @return why it was refused; empty where it was not
   */
  static String show(List<String> lines, PrintWriter out) {
    for (String line : lines) {
      JsonNode said;
      try {
        said = JSON.readTree(line);
      } catch (JsonProcessingException e) {
        return "the server's answer is none";
      }
      if (said.has("owner")) {
        out.printf(
            "%-40s %-50s %s%n",
            harmless(said, "name"), harmless(said, "owner"), harmless(said, "state"));
      } else if (said.path("ok").asBoolean()) {
        if (said.has("message")) {
          out.println(harmless(said, "message"));
        }
        out.flush();
        return "";
      } else {
        out.flush();
        return harmless(said, "code") + ": " + harmless(said, "message");
      }
    }
    return "the server's answer ends too early";
  }

  private static String harmless(JsonNode node, String key) {
    return Untrusted.harmless(node.path(key).asText());
  }
}
