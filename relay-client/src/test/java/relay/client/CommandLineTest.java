package relay.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import relay.client.session.Person;

class CommandLineTest {

  @TempDir private Path home;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final StringWriter help = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8);
    Environment environment =
        new Environment("me", home, null, null, Person.NOBODY, stream, stream, tunnel -> {});
    CommandLine commandLine =
        Main.commandLine(environment)
            .setOut(new PrintWriter(help, true))
            .setErr(new PrintWriter(err, true));
    return commandLine.execute(arguments);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "http                            | Missing required parameter",
        "http x                          | 'x': expected a port",
        "http 3000 --name a_b            | --name: 'a_b'",
        "http 3000 --name localhost      | --name localhost: expected a name of your own",
        "http 3000 --server host:99999   | --server 'host:99999': expected host",
        "http 3000 --identity /no/such   | --identity '/no/such': there is no such file",
        "http 3000 --path /a%20b         | --path '/a%20b' is not a path: expected segments of",
        "http 3000 --path /a/../b        | --path '/a/../b' is not a path",
        "http 3000 --strip-path          | --strip-path: there is nothing to strip without --path",
        "http 3000 --strip-path --path / | --strip-path: there is nothing to strip without --path",
        "http 3000 --host-header a/b     | --host-header 'a/b' is not a Host header: expected a name",
        "http 3000 --host-header a:0     | --host-header 'a:0' is not a Host header",
        "http [fe80::1%1]:80 --host-header rewrite | --host-header rewrite: '[fe80::1%1]' is not",
        "http 3000 --upstream-timeout 5  | --upstream-timeout '5': expected a duration such as 5m",
        "http 3000 --upstream-timeout 2h | --upstream-timeout '2h': expected a duration such as 5m",
        "http 3000 --upstream-timeout 0s | --upstream-timeout '0s': expected a duration such as 5m",
        "http 3000 --proxy-protocol 3    | --proxy-protocol '3': expected 1 or 2",
        "tcp 5432 --proxy-protocol v2    | --proxy-protocol 'v2': expected 1 or 2",
        "tcp 5432 --host-header rewrite  | --host-header",
        "tcp 5432 --remote-port 70000    | --remote-port 70000: expected 1 to 65535",
        "tcp 5432 --remote-port x        | --remote-port",
        "tcp 5432 --name foo             | --name",
        "tls 8443                        | tls",
        "start                           | start",
      })
  void usageError_isOneLine(String line, String expected) {
    assertThat(run(line.split(" "))).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString().lines())
        .hasSize(1)
        .first()
        .asString()
        .startsWith("relay: ")
        .contains(expected)
        .endsWith("--help)");
  }

  @Test
  void noCommand_isAUsageError() {
    assertThat(run()).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void help_hasExamplesAndExitCodes() {
    assertThat(run("--help")).isZero();
    assertThat(help.toString())
        .contains("relay http 3000", "Exit codes:", "taken the name or port over")
        .doesNotContain("tls", "start ");
    assertThat(help.toString().lines()).allMatch(line -> line.length() <= 100);
  }

  @ParameterizedTest
  @CsvSource({
    "http, --name shop",
    "http, --host-header rewrite",
    "http, --path /api --strip-path",
    "tcp, --remote-port 4000",
    "tcp, --proxy-protocol 2"
  })
  void helpOfACommand_hasItsExamples(String command, String expected) {
    assertThat(run(command, "--help")).isZero();
    assertThat(help.toString()).contains("Examples:", expected, "RELAY_SERVER");
    assertThat(help.toString().lines()).allMatch(line -> line.length() <= 100);
  }

  @Test
  void completion_printsAScriptThatKnowsTheCommands() {
    assertThat(run("completion")).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains(
            "_picocli_relay", "http", "tcp", "--host-header", "--strip-path", "--proxy-protocol");
  }

  @Test
  void version_isTheBuilds() {
    assertThat(run("--version")).isZero();
    assertThat(help.toString()).matches("relay [0-9]+\\.[0-9]+\\.[0-9]+\\R");
  }
}
