package relay.server;

import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.ParseResult;
import relay.common.config.ConfigException;
import relay.common.config.ConfigKey;
import relay.common.config.ConfigLoader;
import relay.common.config.ConfigSources;
import relay.common.endpoint.Untrusted;
import relay.server.config.ServerConfig;

/**
 * The command {@code relay-server}: flags, environment and file in; the server until a signal ends
 * it; an exit status out. A user's mistake is one line on standard error, never a stack trace.
 */
public final class Main {

  /** Variables that begin as ours do, and belong to the client and to this command itself. */
  private static final Set<String> FOREIGN =
      Set.of(
          "RELAY_CONFIG",
          "RELAY_SERVER",
          "RELAY_IDENTITY",
          "RELAY_TOKEN",
          "RELAY_NAME",
          "RELAY_JSON");

  private final Map<String, String> environment;
  private final PrintStream err;
  private final ConfigLoader<ServerConfig> loader = new ConfigLoader<>(ServerConfig.class, FOREIGN);
  private final CommandLine command;

  /** Set when the process ends by its own decision: the signal's hook then has nothing to do. */
  private volatile boolean exiting;

  Main(Map<String, String> environment, PrintStream out, PrintStream err) {
    this.environment = Map.copyOf(environment);
    this.err = err;
    this.command =
        ServerCommand.of(loader.keys())
            .setOut(new PrintWriter(out, true, StandardCharsets.UTF_8))
            .setErr(new PrintWriter(err, true, StandardCharsets.UTF_8))
            .setExecutionStrategy(this::execute)
            .setParameterExceptionHandler((e, args) ->
                mistake(
                    Untrusted.harmless(String.valueOf(e.getMessage()))
                        + " (see relay-server --help)"))
            .setExecutionExceptionHandler((e, line, parsed) -> failure(e));
  }

  /** The process. */
  public static void main(String[] args) {
    Logs.quiet();
    Main main = new Main(System.getenv(), System.out, System.err);
    int status = main.run(args);
    main.exiting = true;
    Logs.stop();
    System.exit(status);
  }

  /** Runs the command to its end and gives its exit status. */
  int run(String... args) {
    return command.execute(args);
  }

  private int execute(ParseResult parsed) {
    Integer help = CommandLine.executeHelpRequest(parsed);
    if (help != null) {
      return help;
    }
    if (NamesCommand.isAsked(parsed)) {
      return operator(parsed, config -> NamesCommand.run(parsed, config), NamesCommand::show);
    }
    if (TokenCommand.isAsked(parsed)) {
      return operator(
          parsed,
          config -> TokenCommand.run(parsed, config),
          (lines, out) -> TokenCommand.show(lines, out, command.getErr()));
    }
    return parsed.hasSubcommand() ? new CommandLine.RunLast().execute(parsed) : serve(parsed);
  }

  private int serve(ParseResult parsed) {
    try {
      ServerConfig config = loader.load(sources(parsed));
      Logs.start(config.log().format(), new FileOutputStream(FileDescriptor.out), Main::die);
      Logs.audit(config.log().auditFile());
      Thread.setDefaultUncaughtExceptionHandler((thread, thrown) -> uncaught(thrown));
      Logger log = LoggerFactory.getLogger(Main.class);
      loader.warnings(environment).forEach(log::warn);
      RelayServer server = new RelayServer(config, DataDir.take(config.dataDir()), sshDirectory());
      Runtime.getRuntime().addShutdownHook(new Thread(() -> signalled(server), "relay-stop"));
      server.start().get();
      server
          .firstKeyHint(sshDirectory(), agentSocket())
          .ifPresent(
              key -> log.info("your ssh has no key that is let in; connect with: ssh -i {}", key));
      new CountDownLatch(1).await(); // a signal ends the process
      return ServerCommand.STOPPED;
    } catch (ConfigException | StartFailure e) {
      return mistake(e.getMessage());
    } catch (ExecutionException e) {
      return e.getCause() instanceof StartFailure failure
          ? mistake(failure.getMessage())
          : failure(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return failure(e);
    }
  }

  /** What one of the operator's commands does; its future is waited for. */
  private interface Asking {
    CompletableFuture<List<String>> ask(ServerConfig config) throws StartFailure;
  }

  /** Gives why it was refused; empty where it was not. */
  private interface Showing {
    String show(List<String> lines, PrintWriter out);
  }

  private int operator(ParseResult parsed, Asking asking, Showing showing) {
    try {
      ServerConfig config = loader.load(sources(parsed));
      List<String> lines = asking.ask(config).get();
      String refused =
          OperatorCommand.isJson(parsed)
              ? OperatorCommand.showJson(lines, command.getOut())
              : showing.show(lines, command.getOut());
      return refused.isEmpty() ? ServerCommand.STOPPED : mistake(refused);
    } catch (ConfigException | StartFailure e) {
      return mistake(e.getMessage());
    } catch (ExecutionException e) {
      return failure(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return failure(e);
    }
  }

  /** Of the command and its subcommands; the latter's words win. */
  private ConfigSources sources(ParseResult parsed) {
    Map<String, String> flags = new HashMap<>();
    String file = environment.get("RELAY_CONFIG");
    for (ParseResult part = parsed; part != null; part = part.subcommand()) {
      flags.putAll(flags(part));
      file = part.matchedOptionValue("--config", file);
    }
    return new ConfigSources(
        file == null || file.isEmpty() ? null : path(file),
        environment,
        flags,
        Map.of("data-dir", dataDir(), "log.format", isTerminal() ? "text" : "json"));
  }

  private Map<String, String> flags(ParseResult parsed) {
    Map<String, String> flags = new HashMap<>();
    for (ConfigKey key : loader.keys()) {
      String flag = key.setting().flag();
      if (!flag.isEmpty() && parsed.hasMatchedOption(flag)) {
        Object value = parsed.matchedOptionValue(flag, "");
        flags.put(
            key.name(),
            value instanceof List<?> many
                ? String.join(",", many.stream().map(String::valueOf).toList())
                : String.valueOf(value));
      }
    }
    return flags;
  }

  private Path path(String text) {
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new CommandLine.ParameterException(
          command, "--config: '" + text + "': expected a path");
    }
  }

  /** As the XDG Base Directory Specification has it: a relative path counts as none. */
  private String dataDir() {
    String state = environment.getOrDefault("XDG_STATE_HOME", "");
    if (state.startsWith("/")) {
      return state + "/relay";
    }
    return home() + "/.local/state/relay";
  }

  private Path sshDirectory() {
    return Path.of(home(), ".ssh");
  }

  private @Nullable Path agentSocket() {
    String socket = environment.getOrDefault("SSH_AUTH_SOCK", "");
    return socket.isEmpty() ? null : Path.of(socket);
  }

  private String home() {
    return environment.getOrDefault("HOME", System.getProperty("user.home"));
  }

  /** Since JDK 22 there is a console without a terminal too, and a method that tells. */
  @SuppressWarnings("SystemConsoleNull") // both are asked
  private static boolean isTerminal() {
    Console console = System.console();
    if (console == null) {
      return false;
    }
    try {
      return (boolean) Console.class.getMethod("isTerminal").invoke(console);
    } catch (NoSuchMethodException e) {
      return true;
    } catch (ReflectiveOperationException e) {
      return false;
    }
  }

  private void signalled(RelayServer server) {
    if (exiting) {
      return;
    }
    int status = ServerCommand.STOPPED;
    try {
      server.stop().get();
    } catch (InterruptedException | ExecutionException e) {
      status = failure(e);
    }
    Logs.stop();
    Runtime.getRuntime().halt(status); // or it would be the signal's, 143
  }

  /** The message holds nothing that harms a terminal: those of our exceptions do not. */
  private int mistake(@Nullable String message) {
    err.println("relay-server: " + message);
    return ServerCommand.MISTAKE;
  }

  private int failure(@Nullable Throwable thrown) {
    LoggerFactory.getLogger(Main.class).error("failed", thrown);
    err.println("relay-server: failed: " + Untrusted.harmless(String.valueOf(thrown)));
    return ServerCommand.FAILED;
  }

  private static void uncaught(Throwable thrown) {
    if (Logs.isFatal(thrown)) {
      die(thrown);
    }
    LoggerFactory.getLogger(Main.class).error("a thread ended", thrown);
  }

  /** Ends the process at once: after such an error nothing can be relied on, a hook neither. */
  private static void die(Throwable thrown) {
    try {
      System.err.println("relay-server: fatal: " + thrown);
    } finally {
      Runtime.getRuntime().halt(ServerCommand.FAILED);
    }
  }
}
