package relay.server;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import relay.common.endpoint.Untrusted;
import relay.server.admin.AdminClient;
import relay.server.admin.OperatorRequests;
import relay.server.config.ServerConfig;

/**
 * What the operator's commands share: they are told to the server that runs, or, where none does,
 * carried out here.
 */
final class OperatorCommand {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private OperatorCommand() {}

  /** A command with what all of them have. */
  static CommandSpec spec(String name, String description) {
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

  /** What answers where no server runs. */
  interface Here {
    /** With what it has to open in the directory; blocking. */
    OperatorRequests in(DataDir directory) throws IOException;
  }

  /**
   * Asks. Blocking, but for the future.
   *
   * @return the answer's lines
   * @throws StartFailure where the data directory cannot be used
   */
  static CompletableFuture<List<String>> ask(ServerConfig config, Map<String, ?> request, Here here)
      throws StartFailure {
    DataDir directory = DataDir.tryToTake(config.dataDir());
    try {
      String line = JSON.writeValueAsString(request);
      return directory == null
          ? CompletableFuture.completedFuture(AdminClient.ask(config.dataDir(), line, PATIENCE))
          : answer(directory, here, line);
    } catch (IOException e) {
      throw new StartFailure(
          DataDir.line(config.dataDir(), Untrusted.harmless(String.valueOf(e.getMessage()))), e);
    }
  }

  private static CompletableFuture<List<String>> answer(DataDir directory, Here here, String line)
      throws IOException {
    OperatorRequests requests;
    try {
      requests = here.in(directory);
    } catch (IOException e) {
      directory.close();
      throw e;
    }
    return requests
        .answer(line)
        .whenCompleteAsync((lines, failure) -> {
          try {
            directory.close();
          } catch (IOException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  /**
   * An answer, read.
   *
   * @param objects its lines, the last one where it is granted too
   * @param refused why it was; empty where it was not
   */
  record Answer(List<JsonNode> objects, String refused) {

    static Answer of(List<String> lines) {
      List<JsonNode> objects = new ArrayList<>();
      for (String line : lines) {
        JsonNode said;
        try {
          said = JSON.readTree(line);
        } catch (JsonProcessingException e) {
          return new Answer(objects, "the server's answer is none");
        }
        if (said.has("ok") && !said.get("ok").asBoolean()) {
          return new Answer(objects, harmless(said, "code") + ": " + harmless(said, "message"));
        }
        objects.add(said);
        if (said.has("ok")) {
          return new Answer(objects, "");
        }
      }
      return new Answer(objects, "the server's answer ends too early");
    }
  }

  /** A text of the answer, which may be a stranger's. */
  static String harmless(JsonNode node, String key) {
    return Untrusted.harmless(node.path(key).asText());
  }
}
