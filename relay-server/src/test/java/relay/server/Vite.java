package relay.server;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;

/** A real Vite dev server, with its own check of the Host, for a page of two modules. */
final class Vite implements Closeable {

  /**
   * Where npm puts what {@code package-lock.json} names, once for all tests of a build. Rollup is
   * named in {@code package.json} as one whose packages for every platform are in the lock.
   */
  private static final Path INSTALLED = Path.of("target", "vite").toAbsolutePath();

  private static final Path SOURCES = Path.of("src", "test", "resources", "vite");
  private static final Duration DOWNLOAD = Duration.ofMinutes(3);

  private final int port = LocalService.freePort();
  private final Path project;
  private final Command process;

  Vite() {
    try {
      install();
      project = Files.createTempDirectory(INSTALLED, "project");
      for (String file : List.of("index.html", "main.js", "message.js")) {
        Files.copy(SOURCES.resolve(file), project.resolve(file));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    process =
        Command.start(
            List.of(
                "node",
                INSTALLED.resolve("node_modules/vite/bin/vite.js").toString(),
                "--port",
                Integer.toString(port),
                "--strictPort"),
            project);
    process.awaitOut("Local:");
  }

  private static void install() throws IOException {
    Path complete = INSTALLED.resolve("node_modules/.complete");
    if (Files.exists(complete)) {
      return;
    }
    Files.createDirectories(INSTALLED);
    for (String file : List.of("package.json", "package-lock.json")) {
      Files.copy(
          SOURCES.resolve(file), INSTALLED.resolve(file), StandardCopyOption.REPLACE_EXISTING);
    }
    try (Command npm =
        Command.start(
            List.of("npm", "ci", "--ignore-scripts", "--prefer-offline", "--no-audit"),
            INSTALLED)) {
      if (npm.exitStatus(DOWNLOAD) != 0) {
        throw new AssertionError(npm.toString());
      }
    }
    Files.createFile(complete);
  }

  int port() {
    return port;
  }

  /** Saves the module that the page shows, as an editor does. */
  void edit(String message) {
    try {
      Files.writeString(
          project.resolve("message.js"), "export const message = '" + message + "'\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    process.close();
  }
}
