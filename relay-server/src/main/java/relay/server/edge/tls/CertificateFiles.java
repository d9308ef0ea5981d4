package relay.server.edge.tls;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import org.jspecify.annotations.Nullable;

/**
 * The two files of a certificate, watched: what was read from them last, and whether they look as
 * they did then. Used by one thread at a time; blocking.
 */
final class CertificateFiles {

  /** How the two files look; a link is followed, so that one which moves on is a change. */
  private record Look(String certificate, String key) {

    static Look at(Path certificate, Path key) {
      return new Look(of(certificate), of(key));
    }

    private static String of(Path file) {
      try {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        FileTime changed = attributes.lastModifiedTime();
        return changed + " " + attributes.size() + " " + attributes.fileKey();
      } catch (IOException e) {
        return e.toString();
      }
    }
  }

  private final Path certificate;
  private final Path key;
  private Look read;
  private Look seen;
  private CertificatePair pair;

  /** Reads both files. */
  CertificateFiles(Path certificate, Path key) throws CertificateFileException {
    this.certificate = certificate;
    this.key = key;
    read = Look.at(certificate, key); // looked at before reading: a change in between is seen later
    seen = read;
    pair = CertificatePair.read(certificate, key);
  }

  CertificatePair pair() {
    return pair;
  }

  /**
   * Reads the files again where they have changed, and have not since the last call: whoever
   * replaces both needs a moment. What cannot be read is tried again after its next change.
   *
   * @return the new pair, or null where the old one stays
   * @throws CertificateFileException where they have changed and cannot be used; the old pair stays
   */
  @Nullable CertificatePair refresh() throws CertificateFileException {
    Look now = Look.at(certificate, key);
    boolean settled = now.equals(seen);
    seen = now;
    if (!settled || now.equals(read)) {
      return null;
    }
    read = now;
    pair = CertificatePair.read(certificate, key);
    return pair;
  }

  @Override
  public String toString() {
    return certificate.toString();
  }
}
