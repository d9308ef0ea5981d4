package relay.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

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
      make(person, "-t", "ed25519");
    }
    return key;
  }

  /** Makes a person's key of another kind than usual. */
  void make(String person, String... options) {
    List<String> words = new ArrayList<>(List.of("ssh-keygen", "-q", "-N", "", "-C", person, "-f"));
    words.add(directory.resolve(person).toString());
    words.addAll(List.of(options));
    Command.run(words.toArray(String[]::new));
  }

  /**
   * A certificate for a person's key, by the authority's; ssh finds it beside the key.
   *
   * @param options of ssh-keygen, besides the key id, which is the person
   */
  void certify(String authority, String person, String... options) {
    List<String> words =
        new ArrayList<>(List.of("ssh-keygen", "-q", "-s", of(authority).toString(), "-I", person));
    words.addAll(List.of(options));
    words.add(of(person).resolveSibling(person + ".pub").toString());
    Command.run(words.toArray(String[]::new));
  }

  String publicKey(String person) {
    try {
      return Files.readString(of(person).resolveSibling(person + ".pub")).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
