package relay.client;

import java.io.PrintStream;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
    name = "completion",
    description = "Print a completion script for bash and zsh.",
    footerHeading = "%nExample:%n",
    footer = "  source <(relay completion)",
    mixinStandardHelpOptions = true)
final class CompletionCommand implements Runnable {

  private final PrintStream out;

  @Spec private CommandSpec spec = CommandSpec.create();

  CompletionCommand(PrintStream out) {
    this.out = out;
  }

  @Override
  public void run() {
    out.print(AutoComplete.bash(spec.root().name(), spec.root().commandLine()));
    out.print('\n');
    out.flush();
  }
}
