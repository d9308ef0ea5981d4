package relay.client;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import relay.client.session.Reconnect;
import relay.common.config.Version;
import relay.common.ssh.Algorithms;

/** The command {@code relay}. */
@Command(
    name = "relay",
    description = "Give a local port a public address, on a relay of your own.",
    versionProvider = Main.Versions.class,
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    footerHeading = "%nExamples:%n",
    footer = {
      "  relay http 3000                      a public URL for localhost:3000",
      "  relay http 3000 --name shop          the same, by name",
      "  relay tcp 5432 --remote-port 4000    a public TCP port for localhost:5432",
      "  relay http 3000 --json               for scripts: one JSON object a line",
      "",
      "Keys are those of ~/.ssh and of the ssh-agent, and the relay has to be in known_hosts, as for ssh.",
      "With RELAY_TOKEN in the environment, the operator's token is given instead of a key.",
      "The address and its visits go to standard output, trouble goes to standard error."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:stopped by Ctrl-C or SIGTERM",
      "1:an error of relay itself",
      "2:the command line makes no sense",
      "3:no key of yours is let in by the server, or there is none",
      "4:the name, port or an option is refused: another's, or not allowed (--json tells the code)",
      "5:the server's host key has changed, or is unknown and nobody accepted it",
      "6:another relay of yours has taken the name or port over"
    })
public final class Main {

  private static final long FAREWELL_MILLIS = 1500;

  private final AtomicReference<@Nullable Reconnect> tunnel = new AtomicReference<>();
  private volatile boolean exiting;

  private Main() {}

  public static void main(String[] args) {
    System.exit(new Main().run(args));
  }

  private int run(String[] args) {
    Runtime.getRuntime().addShutdownHook(new Thread(this::interrupted, "relay-farewell"));
    if (args.length > 1) { // a tunnel, as a rule
      Thread preload = new Thread(Algorithms::preload, "relay-preload");
      preload.setDaemon(true);
      preload.start();
    }
    int code = commandLine(environment()).execute(args);
    exiting = true;
    return code;
  }

  private Environment environment() {
    String agent = System.getenv("SSH_AUTH_SOCK");
    String token = System.getenv("RELAY_TOKEN");
    return new Environment(
        System.getProperty("user.name"),
        Path.of(System.getProperty("user.home")),
        agent == null || agent.isEmpty() ? null : Path.of(agent),
        token == null || token.isEmpty() ? null : token,
        new Terminal(),
        System.out,
        System.err,
        tunnel::set);
  }

  static CommandLine commandLine(Environment environment) {
    return new CommandLine(new Main())
        .addSubcommand(new HttpCommand(environment))
        .addSubcommand(new TcpCommand(environment))
        .addSubcommand(new CompletionCommand(environment.out()))
        .setParameterExceptionHandler(Main::usage)
        .setExecutionExceptionHandler((failure, command, parsed) -> {
          environment.err().println("relay: " + failure);
          return ExitCode.INTERNAL_ERROR;
        });
  }

  /** One line that says what is wrong, and where to read on. */
  private static int usage(CommandLine.ParameterException e, String[] args) {
    String command = e.getCommandLine().getCommandSpec().qualifiedName();
    e.getCommandLine()
        .getErr()
        .println("relay: " + e.getMessage() + " (see " + command + " --help)");
    return ExitCode.USAGE;
  }

  /** A signal: says goodbye to the server, so that it gives the endpoint free at once. */
  private void interrupted() {
    Reconnect running = tunnel.get();
    if (exiting) {
      return;
    }
    if (running != null) {
      running.stop().awaitUninterruptibly(FAREWELL_MILLIS, TimeUnit.MILLISECONDS);
    }
    Runtime.getRuntime().halt(ExitCode.STOPPED);
  }

  static final class Versions implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"relay " + Version.current()};
    }
  }
}
