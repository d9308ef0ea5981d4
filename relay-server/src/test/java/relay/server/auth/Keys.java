package relay.server.auth;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.Arrays;
import java.util.stream.Stream;
import relay.common.ssh.KeyFiles;

/** Key pairs by the real ssh-keygen. */
final class Keys {

  private Keys() {}

  /** Makes a private key file, and its {@code .pub} with the file's name as the comment. */
  static Path make(Path file, String... options) throws IOException, InterruptedException {
    Files.createDirectories(file.getParent());
    String[] fixed = {"ssh-keygen", "-q", "-f", file.toString(), "-C", "" + file.getFileName()};
    String[] type = options.length == 0 ? new String[] {"-t", "ed25519", "-N", ""} : options;
    Process process =
        new ProcessBuilder(Stream.concat(Arrays.stream(fixed), Arrays.stream(type)).toList())
            .inheritIO()
            .start();
    if (process.waitFor() != 0) {
      throw new IOException("ssh-keygen " + process.exitValue());
    }
    return file;
  }

  static Path pub(Path file) {
    return file.resolveSibling(file.getFileName() + ".pub");
  }

  /** The line of the {@code .pub}, without its end. */
  static String line(Path file) throws IOException {
    return Files.readString(pub(file)).strip();
  }

  static PublicKey key(Path file) {
    return KeyFiles.publicKeyOf(file).orElseThrow();
  }
}
