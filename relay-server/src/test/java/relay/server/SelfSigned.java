package relay.server;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A certificate for all names below a domain, by the real openssl, which its visitors trust. */
final class SelfSigned {

  private final Path certificate;
  private final Path key;

  /**
   * @param directory for its files
   */
  SelfSigned(Path directory, String domain) {
    certificate = directory.resolve("certificate.pem");
    key = directory.resolve("certificate.key");
    Command.run(
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-noenc",
        "-days",
        "2",
        "-subj",
        "/CN=" + domain,
        "-addext",
        "subjectAltName=DNS:" + domain + ",DNS:*." + domain,
        "-keyout",
        key.toString(),
        "-out",
        certificate.toString());
  }

  /** The file of the certificate, in PEM. */
  Path certificate() {
    return certificate;
  }

  /** The file of its private key, in PEM. */
  Path key() {
    return key;
  }

  /** TLS over a connection, up to the end of the handshake. */
  Socket over(Socket connection, String host) throws IOException, GeneralSecurityException {
    KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null, null);
    try (InputStream pem = Files.newInputStream(certificate)) {
      trusted.setCertificateEntry(
          "it", CertificateFactory.getInstance("X.509").generateCertificate(pem));
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(null, trust.getTrustManagers(), null);
    return tls.getSocketFactory().createSocket(connection, host, connection.getPort(), true);
  }
}
