package relay.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.stream.Collectors;

/** Certificates, each its own issuer, made by the real openssl. */
final class Certs {

  /** The files of one. */
  record Pair(Path certificate, Path key) {}

  private final Path directory;

  Certs(Path directory) {
    this.directory = directory;
  }

  /**
   * Makes a certificate, or makes it anew.
   *
   * @param file the files' name without its ending
   * @param names its DNS names
   */
  Pair make(String file, String... names) {
    Pair pair = new Pair(directory.resolve(file + ".pem"), directory.resolve(file + ".key"));
    Path fresh = directory.resolve("fresh.pem");
    Command.run(
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=" + file,
        "-addext",
        "subjectAltName="
            + Arrays.stream(names).map(n -> "DNS:" + n).collect(Collectors.joining(",")),
        "-keyout",
        pair.key().toString(),
        "-out",
        fresh.toString());
    try {
      byte[] certificate = Files.readAllBytes(fresh);
      Files.write(pair.certificate(), certificate);
      Files.write(all(), certificate, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return pair;
  }

  /** A file with every certificate that was made, for {@code curl --cacert}. */
  Path all() {
    return directory.resolve("all.pem");
  }
}
