package relay.server;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;
import relay.server.admin.OperatorRequests;
import relay.server.admin.TokenRequests;
import relay.server.auth.TokenStore;
import relay.server.config.ServerConfig;

/**
 * The commands {@code token create}, {@code token list} and {@code token revoke}. A token that is
 * made stands alone on standard output, so that a script can take it; what is said of it goes to
 * standard error.
 */
final class TokenCommand {

  private static final String TOKEN = "token";

  /** Each option of {@code token create} is a key of the request. */
  private static final List<String> CREATING = List.of("label", "expires", "options");

  private TokenCommand() {}

  /** Adds the commands to that of the server. */
  static void addTo(CommandSpec server) {
    CommandSpec token =
        OperatorCommand.spec(
            TOKEN, "tokens, which let in those who have no key to hand: ssh asks for them");
    token.addSubcommand("create", create());
    token.addSubcommand("list", OperatorCommand.spec("list", "lists tokens, the oldest first"));
    CommandSpec revoke =
        OperatorCommand.spec("revoke", "takes a token away; its sessions end within 5 seconds");
    revoke.addPositional(
        PositionalParamSpec.builder()
            .index("0")
            .arity("1")
            .type(String.class)
            .paramLabel("TOKEN")
            .description("its id or its label, as token list shows them")
            .build());
    revoke.usageMessage().footer("", "Example:", "  relay-server token revoke ci");
    token.addSubcommand("revoke", revoke);
    server.addSubcommand(TOKEN, token);
  }

  private static CommandSpec create() {
    CommandSpec create =
        OperatorCommand.spec(
            "create", "makes a token, and shows it this once: only its hash is kept");
    create.addOption(option("--label", "NAME", "how you call it: letters, digits and ._@+-"));
    create.addOption(
        option("--expires", "END", "12h, 30d and the like from now, or a time: 20301231"));
    create.addOption(
        option(
            "--options",
            "OPTIONS",
            "what it may do, as before a key in authorized_keys; without it all"));
    create
        .usageMessage()
        .footer(
            "",
            "Examples:",
            "  relay-server token create --label ci --expires 30d",
            "  relay-server token create --options 'permitlisten=\"shop-*:80\"'");
    return create;
  }

  private static OptionSpec option(String name, String label, String description) {
    return OptionSpec.builder(name)
        .arity("1")
        .type(String.class)
        .paramLabel(label)
        .description(description)
        .build();
  }

  /** Whether what was typed is one of these. */
  static boolean isAsked(ParseResult parsed) {
    return parsed.hasSubcommand() && parsed.subcommand().commandSpec().name().equals(TOKEN);
  }

  private static Map<String, String> request(ParseResult command) {
    Map<String, String> request = new LinkedHashMap<>();
    request.put("do", TOKEN + "-" + command.commandSpec().name());
    for (String key : CREATING) {
      if (command.hasMatchedOption("--" + key)) {
        request.put(key, command.matchedOptionValue("--" + key, ""));
      }
    }
    if (command.hasMatchedPositional(0)) {
      request.put(TOKEN, command.matchedPositionalValue(0, ""));
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
    if (!parsed.subcommand().hasSubcommand()) {
      throw new StartFailure(
          "token: expected create, list or revoke (see relay-server token --help)");
    }
    return OperatorCommand.ask(
        config,
        request(parsed.subcommand().subcommand()),
        directory ->
            new OperatorRequests(
                new TokenRequests(directory.closing(TokenStore.open(directory.path())))));
  }

  /**
   * Shows an answer.
   *
   * @return why it was refused; empty where it was not
   */
  static String show(List<String> lines, PrintWriter out, PrintWriter err) {
    OperatorCommand.Answer answer = OperatorCommand.Answer.of(lines);
    for (JsonNode said : answer.objects()) {
      if (said.has("token")) {
        out.println(OperatorCommand.harmless(said, "token"));
        err.println(
            "token:"
                + OperatorCommand.harmless(said, "id")
                + ", "
                + end(said)
                + "; it is not shown again");
      } else if (said.has("id")) {
        out.printf(
            "%-8s  %-20s  %-7s  %s, %s  %s%n",
            OperatorCommand.harmless(said, "id"),
            OperatorCommand.harmless(said, "label"),
            OperatorCommand.harmless(said, "state"),
            "created " + OperatorCommand.harmless(said, "created"),
            end(said),
            OperatorCommand.harmless(said, "options"));
      } else if (said.has("message")) {
        out.println(OperatorCommand.harmless(said, "message"));
      }
    }
    out.flush();
    return answer.refused();
  }

  private static String end(JsonNode token) {
    String end = OperatorCommand.harmless(token, "expires");
    return end.isEmpty() ? "does not expire" : "expires " + end;
  }
}
