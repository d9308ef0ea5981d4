package relay.server;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;
import relay.common.endpoint.Untrusted;
import relay.server.admin.AdminClient;
import relay.server.admin.OperatorRequests;
import relay.server.config.ServerConfig;

/**
 * What the operator's commands share: they are told to the server that runs, or, where none does,
 * carried out here.
 */
final class OperatorCommand {

  /** Printable ASCII, so that what a stranger wrote harms no terminal. */
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

  private static final String AS_JSON = "--json";
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
    spec.addOption(
        OptionSpec.builder(AS_JSON).description("answer with one JSON object a line").build());
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
        JsonNode said = object(line);
        if (said == null) {
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

    private static @Nullable JsonNode object(String line) {
      try {
        JsonNode read = JSON.readTree(line);
        return read.isObject() ? read : null;
      } catch (JsonProcessingException e) {
        return null;
      }
    }
  }

  /** Whether the answer is for a program. */
  static boolean isJson(ParseResult parsed) {
    return parsed.hasMatchedOption(AS_JSON)
        || (parsed.hasSubcommand() && isJson(parsed.subcommand()));
  }

  /**
   * Shows an answer to a program.
   *
   * @return why it was refused; empty where it was not
   */
  static String showJson(List<String> lines, PrintWriter out) {
    Answer answer = Answer.of(lines);
    for (JsonNode said : answer.objects()) {
      ((ObjectNode) said).remove("ok");
      if (!said.isEmpty()) {
        out.println(text(said));
      }
    }
    out.flush();
    return answer.refused();
  }

  private static String text(JsonNode object) {
    try {
      return JSON.writeValueAsString(object);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("what was read as JSON is JSON", e);
    }
  }

  /** A text of the answer, which may be a stranger's. */
  static String harmless(JsonNode node, String key) {
    return Untrusted.harmless(node.path(key).asText());
  }
}
