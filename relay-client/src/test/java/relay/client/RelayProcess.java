package relay.client;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** The command itself, in a process and a home directory of its own, without a terminal. */
final class RelayProcess implements AutoCloseable {

  /** The JDK from which on a library's native code is warned of. */
  private static final int NATIVE_ACCESS_WARNS = 24;

  private static final Duration LIMIT = Duration.ofSeconds(20);

  final List<String> out = new CopyOnWriteArrayList<>();
  final List<String> err = new CopyOnWriteArrayList<>();
  private final Process process;
  private final List<Thread> readers = new ArrayList<>();

  private RelayProcess(Process process) {
    this.process = process;
    collect(process.getInputStream(), out);
    collect(process.getErrorStream(), err);
  }

  /**
   * {@code setsid}: nobody is asked at the terminal that the tests were started from. {@code env}:
   * it hears Ctrl-C although a shell started the tests in the background, where that is ignored.
   */
  static RelayProcess start(Path home, String... arguments) throws IOException {
    return start(home, List.of("env", "--default-signal=INT", "setsid"), arguments);
  }

  static RelayProcess start(Path home, List<String> wrapper, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(wrapper);
    command.add(ProcessHandle.current().info().command().orElseThrow());
    command.add("-Duser.home=" + home);
    command.add("-Dio.netty.leakDetection.level=paranoid");
    if (Runtime.version().feature() >= NATIVE_ACCESS_WARNS) {
      command.add("--enable-native-access=ALL-UNNAMED"); // as the jar's manifest says
    }
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(Main.class.getName());
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().remove("SSH_AUTH_SOCK");
    builder.environment().remove("RELAY_SERVER");
    return new RelayProcess(builder.start());
  }

  /** A home with one key in {@code .ssh}. */
  static Path home(Path home) throws Exception {
    Path ssh = Files.createDirectories(home.resolve(".ssh"));
    Files.setPosixFilePermissions(ssh, PosixFilePermissions.fromString("rwx------"));
    Sshd.makeKey(ssh.resolve("id_ed25519"));
    return home;
  }

  private void collect(InputStream from, List<String> lines) {
    Thread thread =
        new Thread(
            () -> {
              try (BufferedReader reader =
                  new BufferedReader(new InputStreamReader(from, StandardCharsets.UTF_8))) {
                reader.lines().forEach(lines::add);
              } catch (IOException e) {
                lines.add(e.toString());
              }
            },
            "relay-output");
    thread.setDaemon(true);
    thread.start();
    readers.add(thread);
  }

  /** The first line on standard output that has the text. */
  String awaitOut(String text) {
    return awaitLine(out, text);
  }

  String awaitErr(String text) {
    return awaitLine(err, text);
  }

  private String awaitLine(List<String> lines, String text) {
    Awaitility.await()
        .alias("'" + text + "' in out " + out + " or err " + err)
        .atMost(LIMIT)
        .failFast("relay ended: " + out + err, () -> hasEnded() && !has(lines, text))
        .until(() -> has(lines, text));
    return lines.stream().filter(line -> line.contains(text)).findFirst().orElseThrow();
  }

  /** And all that it said is there. */
  private boolean hasEnded() {
    return !process.isAlive() && readers.stream().noneMatch(Thread::isAlive);
  }

  private static boolean has(List<String> lines, String text) {
    return lines.stream().anyMatch(line -> line.contains(text));
  }

  /** The public port of a TCP tunnel, once it is open. */
  int awaitPort() {
    String address = awaitOut(" -> ").split(" ", 2)[0];
    return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
  }

  int awaitExit() throws InterruptedException {
    if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
      throw new AssertionError("relay has not ended; out " + out + " err " + err);
    }
    for (Thread reader : readers) {
      reader.join(LIMIT.toMillis());
    }
    return process.exitValue();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  void interrupt() throws Exception {
    Sshd.run("kill", "-INT", Long.toString(process.pid()));
  }

  @Override
  public void close() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }
}
