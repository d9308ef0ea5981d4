package relay.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.Closeable;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** The server as a process of its own, with the class path of the tests. */
final class ServerProcess implements Closeable {

  private final Path directory;
  private final Keys keys;
  private final Command process;

  /**
   * @param directory a new one, for keys and data
   * @param flags besides those for data, keys and listeners on any port; a later one wins
   */
  ServerProcess(Path directory, String... flags) {
    this.directory = directory;
    try {
      keys = new Keys(Files.createDirectories(directory.resolve("keys")));
      Path authorized = directory.resolve("authorized_keys");
      Files.writeString(authorized, keys.publicKey("ann") + "\n");
      List<String> words =
          new ArrayList<>(
              List.of(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xshare:auto",
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  classPath(),
                  Main.class.getName(),
                  "--log-format=text",
                  "--authorized-keys=" + authorized));
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

  /** The server's own: the client's jar, which other tests run, names a logger in its manifest. */
  private static String classPath() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
        .filter(entry -> !entry.contains("relay-client"))
        .collect(Collectors.joining(File.pathSeparator));
  }

  ServerProcess awaitReady() {
    process.awaitOut(" ready ");
    return this;
  }

  Command process() {
    return process;
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
