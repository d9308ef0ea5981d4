package relay.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Key pairs of people, made by the real ssh-keygen. */
final class Keys {

  private final Path directory;

  Keys(Path directory) {
    this.directory = directory;
  }

  /** The private key of a person; the public one lies beside it. */
  Path of(String person) {
    Path key = directory.resolve(person);
    if (!Files.exists(key)) {
      Command.run(
          "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", person, "-f", key.toString());
    }
    return key;
  }

  String publicKey(String person) {
    try {
      return Files.readString(of(person).resolveSibling(person + ".pub")).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
