package relay.server.edge.tls;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.InvalidValue;
import relay.common.endpoint.Untrusted;

/** A certificate or key file that cannot be used: one line with the key, the file, the mistake. */
public final class CertificateFileException extends IOException {

  private static final long serialVersionUID = 1L;

  static final String CERTIFICATE = "https.certificate";
  static final String KEY = "https.key";

  CertificateFileException(String line) {
    super(line);
  }

  /**
   * @param key of the configuration
   * @param problem what is wrong and what was expected
   */
  CertificateFileException(String key, Path file, String problem, @Nullable Throwable cause) {
    super(
        key + ": '" + InvalidValue.shown(file.toString()) + "': " + Untrusted.harmless(problem),
        cause);
  }
}
