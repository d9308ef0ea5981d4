package relay.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The server as its users start it: the launcher, on the jar, in a process of its own. */
final class ServerProcess implements Closeable {

  /** Maven runs the tests in the directory of their module. */
  private static final Path LAUNCHER = Path.of("..", "deploy", "bin", "relay-server");

  private final Path directory;
  private final Keys keys;
  private final Command process;

  /**
   * @param directory a new one, for keys and data
   * @param flags besides those for data, keys and listeners on any port; a later one wins
   */
  ServerProcess(Path directory, String... flags) {
    this(directory, List.of(), flags);
  }

  /**
   * @param prefix a program that starts the launcher, with its own words
   */
  ServerProcess(Path directory, List<String> prefix, String... flags) {
    this.directory = directory;
    try {
      keys = new Keys(Files.createDirectories(directory.resolve("keys")));
      Path authorized = directory.resolve("authorized_keys");
      Files.writeString(authorized, keys.publicKey("ann") + "\n");
      List<String> words = new ArrayList<>(prefix);
      words.addAll(launcher("--log-format=text", "--authorized-keys=" + authorized));
      List<String> more = List.of(flags);
      for (String flag :
          List.of(
              "--data-dir=" + dataDir(), "--ssh-listen=localhost:0", "--http-listen=localhost:0")) {
        String name = flag.substring(0, flag.indexOf('=') + 1);
        if (more.stream().noneMatch(given -> given.startsWith(name))) {
          words.add(flag);
        }
      }
      words.addAll(more);
      process = Command.start(words);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> launcher(String... words) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "env",
                "JAVA_HOME=" + System.getProperty("java.home"),
                "JAVA_OPTS=-XX:TieredStopAtLevel=1",
                LAUNCHER.toString()));
    all.addAll(List.of(words));
    return all;
  }

  /** Runs one of its subcommands to its end. */
  static Command command(Path dataDir, String... words) {
    List<String> all = launcher(words);
    all.add("--data-dir=" + dataDir);
    Command command = Command.start(all);
    command.exitStatus(Duration.ofSeconds(20));
    return command;
  }

  ServerProcess awaitReady() {
    process.awaitOut(" ready ");
    return this;
  }

  Command process() {
    return process;
  }

  /** Ends it as a power cut would, and waits until it has. */
  void kill() {
    process.close();
  }

  Path dataDir() {
    return directory.resolve("data");
  }

  Path runFile() {
    return dataDir().resolve("run.json");
  }

  /** The port that run.json tells. */
  int port(String listener) {
    try {
      JsonNode run = new JsonMapper().readTree(runFile().toFile());
      String address = run.get("listeners").get(listener).get(0).asText();
      return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Ssh ssh() {
    try {
      String[] hostKey = Files.readString(dataDir().resolve("host-key.pub")).split(" ", -1);
      Path knownHosts = directory.resolve("known_hosts");
      Files.writeString(
          knownHosts,
          "[127.0.0.1]:%d %s %s%n".formatted(port("ssh"), hostKey[0], hostKey[1].strip()));
      return new Ssh(knownHosts, keys.of("ann"), port("ssh"), "relay");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    process.close();
  }
}
