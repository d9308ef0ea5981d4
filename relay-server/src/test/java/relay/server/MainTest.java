package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class MainTest {

  private static final JsonMapper JSON = new JsonMapper();

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final List<Process> processes = new ArrayList<>();

  @TempDir Path dir;

  @AfterEach
  void kill() {
    processes.forEach(Process::destroyForcibly);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--bogus | Unknown option: '--bogus' (see relay-server --help)",
        "--domain | Missing required parameter for option '--domain' (VALUE) (see relay-server --help)",
        "extra | Unmatched argument at index 0: 'extra' (see relay-server --help)",
        "--domain=a_b | --domain: 'a_b': expected letters (a to z), digits, hyphens and dots only",
        "--tcp-allow=0 | --tcp-allow: '0': expected ports (1 to 65535) and ranges, separated by "
            + "commas, such as 80,1024-65535",
        "--permit-open=all | --permit-open: 'all': expected listed, any, none, or host:port where either "
            + "may be *, such as db.internal:5432 or [fd00::1]:*",
        "--config=/nonexistent.yml | /nonexistent.yml: cannot be read: there is no such file",
      })
  void mistake_isOneLine_andStatusTwo(String argument, String line) {
    assertThat(run(Map.of(), argument)).isEqualTo(2);
    assertThat(err.toString(StandardCharsets.UTF_8)).isEqualTo("relay-server: " + line + "\n");
    assertThat(out.size()).isZero();
  }

  @Test
  void mistake_inEnvironmentOrFile_namesIt() throws IOException {
    assertThat(run(Map.of("RELAY_LIMITS_DRAIN", "soon"))).isEqualTo(2);
    Path file = Files.writeString(dir.resolve("relay.yml"), "ssh:\n  port: 22\n");
    assertThat(run(Map.of("RELAY_CONFIG", file.toString()))).isEqualTo(2);
    assertThat(err.toString(StandardCharsets.UTF_8).lines())
        .containsExactly(
            "relay-server: RELAY_LIMITS_DRAIN: 'soon': expected a duration such as 500ms, 15s, 10m,"
                + " 1h or 7d",
            "relay-server: "
                + file
                + ":2: ssh.port: '22': unknown key, expected one of anonymous, authorized-keys,"
                + " authorized-keys-command, exempt-sources, gateway-ports, listen, permit-open,"
                + " revoked-keys");
  }

  @Test
  void questions_areAnsweredOnStandardOutput() {
    assertThat(run(Map.of(), "--version")).isZero();
    assertThat(run(Map.of(), "--help")).isZero();
    assertThat(run(Map.of(), "generate-completion")).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8))
        .startsWith("relay-server 0.")
        .contains("--ssh-listen=HOST:PORT", "Examples:", "Exit status:", "complete -F")
        .doesNotContain("\u001b");
    assertThat(err.size()).isZero();
  }

  @Test
  void server_tellsWhereItIs_andStopsCleanlyOnSigterm() throws Exception {
    Process server = start("--admin-listen=localhost:0", "--log-format=json");
    BufferedReader log = server.inputReader(StandardCharsets.UTF_8);
    JsonNode warning = JSON.readTree(log.readLine());
    assertThat(warning.get("msg").asText()).startsWith("RELAY_DOMIAN: ignored, expected RELAY_");
    JsonNode ready = JSON.readTree(log.readLine());
    assertThat(ready.get("msg").asText()).isEqualTo("ready");
    assertThat(ready.get("pid").asLong()).isEqualTo(server.pid());
    JsonNode run = JSON.readTree(dir.resolve("state/run.json").toFile());
    assertThat(run.get("listeners")).isEqualTo(ready.get("listeners"));
    String admin = run.get("listeners").get("admin").get(0).asText();
    HttpURLConnection probe =
        (HttpURLConnection) URI.create("http://" + admin + "/readyz").toURL().openConnection();
    assertThat(probe.getResponseCode()).isEqualTo(200);

    Process second = start("--log-format=json");
    assertThat(second.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(second.exitValue()).isEqualTo(2);
    assertThat(errorLines(second))
        .containsExactly(
            "relay-server: data-dir: '"
                + dir.resolve("state")
                + "': another relay-server uses it, expected a directory of its own");

    server.toHandle().destroy(); // SIGTERM; Process.destroy would close our ends of the pipes too
    assertThat(server.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(server.exitValue()).isZero();
    assertThat(dir.resolve("state/run.json")).doesNotExist();
    assertThat(log.lines())
        .satisfiesExactly(
            line -> assertThat(line).contains("ssh -i " + dir.resolve("state/first-key")),
            line -> assertThat(line).contains("\"msg\":\"stopping\""));
    assertThat(errorLines(server)).isEmpty();
  }

  @Test
  void server_killed_leavesADirectoryThatCanBeUsed() throws Exception {
    Process server = start("--log-format=text");
    Path run = dir.resolve("state/run.json");
    awaitReady(server);
    server.destroyForcibly().waitFor();
    assertThat(run).exists();
    awaitReady(start("--log-format=text"));
  }

  private static void awaitReady(Process server) throws IOException {
    BufferedReader log = server.inputReader(StandardCharsets.UTF_8);
    assertThat(log.readLine()).contains(" WARN  Main: RELAY_DOMIAN");
    assertThat(log.readLine()).contains(" INFO  Lifecycle: ready {\"pid\":" + server.pid() + ",");
  }

  private int run(Map<String, String> environment, String... arguments) {
    return new Main(
            environment,
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8))
        .run(arguments);
  }

  /** The server's own: the client's jar, which other tests run, names a logger in its manifest. */
  private static String classPath() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
        .filter(entry -> !entry.contains("relay-client"))
        .collect(Collectors.joining(File.pathSeparator));
  }

  /** What we wrote: newer JDKs add warnings of their own about libraries. */
  private static List<String> errorLines(Process process) {
    return process
        .errorReader(StandardCharsets.UTF_8)
        .lines()
        .filter(line -> !line.isBlank() && !line.startsWith("WARNING: "))
        .toList();
  }

  private Process start(String... flags) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                classPath(),
                "relay.server.Main",
                "--data-dir=" + dir.resolve("state"),
                "--ssh-listen=localhost:0",
                "--http-listen=localhost:0"));
    command.addAll(List.of(flags));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("RELAY_DOMIAN", "x");
    builder.environment().put("HOME", dir.toString()); // nobody's keys
    builder.environment().remove("SSH_AUTH_SOCK");
    Process process = builder.start();
    processes.add(process);
    return process;
  }
}
