package relay.common.ssh;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs a real command of OpenSSH to its end. */
final class Tool {

  /** What it printed, both streams, and how it ended. */
  record Result(int exit, String output) {}

  private Tool() {}

  static Result run(Map<String, String> environment, String... command) throws IOException {
    Path output = Files.createTempFile("relay", ".out");
    try {
      ProcessBuilder builder = new ProcessBuilder(List.of(command));
      builder.environment().putAll(environment);
      builder.redirectErrorStream(true).redirectOutput(output.toFile());
      Process process = builder.redirectInput(Path.of("/dev/null").toFile()).start();
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException(List.of(command) + " does not end");
      }
      return new Result(process.exitValue(), Files.readString(output, StandardCharsets.ISO_8859_1));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      Files.delete(output);
    }
  }

  /** The output of a command that must succeed. */
  static String output(String... command) throws IOException {
    Result result = run(Map.of(), command);
    if (result.exit() != 0) {
      throw new IOException(List.of(command) + ": " + result.output());
    }
    return result.output();
  }

  /** Makes a key pair with ssh-keygen. */
  static Path key(Path file, String passphrase, String... options) throws IOException {
    String[] fixed = {"ssh-keygen", "-q", "-f", file.toString(), "-N", passphrase, "-C", "test"};
    String[] all = java.util.Arrays.copyOf(fixed, fixed.length + options.length);
    System.arraycopy(options, 0, all, fixed.length, options.length);
    output(all);
    return file;
  }
}
