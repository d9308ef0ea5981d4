package relay.server.tunnel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * What names are derived from, in the data directory: the server's secret and, for an identity that
 * has given its name up, a counter. Both files are 0600; they are read at the start.
 */
public final class NameStore {

  private static final int SECRET_BYTES = 32;

  private final byte[] secret;
  private final Map<String, Integer> counters;

  private NameStore(byte[] secret, Map<String, Integer> counters) {
    this.secret = secret;
    this.counters = counters;
  }

  /**
   * Reads the files, and makes them where they are missing.
   *
   * @throws IOException where they cannot be read or made, or hold something else; the message
   *     names the file
   */
  public static NameStore open(Path dataDir) throws IOException {
    Path secretFile = dataDir.resolve("name-secret");
    Path countersFile = dataDir.resolve("name-counters");
    if (!Files.exists(secretFile)) {
      byte[] fresh = new byte[SECRET_BYTES];
      new SecureRandom().nextBytes(fresh);
      create(secretFile, HexFormat.of().formatHex(fresh) + "\n");
    }
    if (!Files.exists(countersFile)) {
      create(countersFile, "");
    }
    return new NameStore(readSecret(secretFile), readCounters(countersFile));
  }

  byte[] secret() {
    return secret.clone();
  }

  int counter(String identity) {
    return counters.getOrDefault(identity, 0);
  }

  private static byte[] readSecret(Path file) throws IOException {
    try {
      byte[] read = HexFormat.of().parseHex(Files.readString(file).strip());
      if (read.length == SECRET_BYTES) {
        return read;
      }
    } catch (IllegalArgumentException e) {
      throw new IOException(file + ": expected " + SECRET_BYTES + " bytes in hexadecimal", e);
    }
    throw new IOException(file + ": expected " + SECRET_BYTES + " bytes in hexadecimal");
  }

  private static Map<String, Integer> readCounters(Path file) throws IOException {
    List<String> lines = Files.readAllLines(file);
    Map<String, Integer> counters = new HashMap<>();
    for (int i = 0; i < lines.size(); i++) {
      String[] words = lines.get(i).split(" ", -1);
      try {
        if (words.length != 2) {
          throw new NumberFormatException();
        }
        counters.put(words[0], Integer.parseUnsignedInt(words[1]));
      } catch (NumberFormatException e) {
        throw new IOException(
            file + ":" + (i + 1) + ": expected a fingerprint, a space and a number", e);
      }
    }
    return counters;
  }

  /** Written whole under another name and then renamed: a reader never sees half of it. */
  private static void create(Path file, String content) throws IOException {
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    Files.deleteIfExists(fresh);
    Files.createFile(
        fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(fresh, content);
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
  }
}
