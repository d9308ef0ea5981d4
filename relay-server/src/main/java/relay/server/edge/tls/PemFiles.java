package relay.server.edge.tls;

import static relay.server.edge.tls.CertificateFileException.CERTIFICATE;
import static relay.server.edge.tls.CertificateFileException.KEY;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.List;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.openssl.PEMEncryptedKeyPair;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.pkcs.PKCS8EncryptedPrivateKeyInfo;
import org.jspecify.annotations.Nullable;

/** Certificates and private keys in PEM files (RFC 7468). Blocking. */
final class PemFiles {

  /** A chain of a few certificates is some KiB. */
  private static final int MAX_SIZE = 1 << 20;

  private static final String EXPECTED_KEY =
      "expected a private key in PEM: PKCS#8, or RSA or EC as OpenSSL writes them";

  private PemFiles() {}

  /** The certificates of a file, of which the first is the server's own. */
  static List<X509Certificate> chain(Path file) throws CertificateFileException {
    byte[] text = read(CERTIFICATE, file);
    List<X509Certificate> chain = List.of();
    Exception why = null;
    try {
      chain =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(text))
              .stream()
              .map(X509Certificate.class::cast)
              .toList();
    } catch (GeneralSecurityException e) {
      why = e;
    }
    if (chain.isEmpty()) {
      throw new CertificateFileException(
          CERTIFICATE, file, "holds no certificate that can be read, expected one in PEM", why);
    }
    String algorithm = chain.get(0).getPublicKey().getAlgorithm();
    if (!algorithm.equals("RSA") && !algorithm.equals("EC")) {
      throw new CertificateFileException(
          CERTIFICATE, file, "is for a key of " + algorithm + ", expected RSA or EC", null);
    }
    return chain;
  }

  /** The first private key of a file, which must be the certificate's. */
  static PrivateKey key(Path file, Certificate certificate, Path certificateFile)
      throws CertificateFileException {
    PrivateKeyInfo info = keyInfo(file);
    PublicKey publicKey = certificate.getPublicKey();
    try {
      PrivateKey key =
          KeyFactory.getInstance(publicKey.getAlgorithm())
              .generatePrivate(new PKCS8EncodedKeySpec(info.getEncoded()));
      if (areOnePair(key, publicKey)) {
        return key;
      }
    } catch (GeneralSecurityException | IOException e) {
      // another algorithm's, or one that the platform does not know
      throw notTheKey(file, certificateFile, e);
    }
    throw notTheKey(file, certificateFile, null);
  }

  private static CertificateFileException notTheKey(
      Path file, Path certificateFile, @Nullable Throwable cause) {
    return new CertificateFileException(
        KEY,
        file,
        "is not the key of " + certificateFile + ", expected the files in the same order",
        cause);
  }

  private static PrivateKeyInfo keyInfo(Path file) throws CertificateFileException {
    String text = new String(read(KEY, file), StandardCharsets.ISO_8859_1);
    try (PEMParser pem = new PEMParser(new StringReader(text))) {
      for (Object found = pem.readObject(); found != null; found = pem.readObject()) {
        if (found instanceof PrivateKeyInfo info) {
          return info;
        } else if (found instanceof PEMKeyPair pair) {
          return pair.getPrivateKeyInfo();
        } else if (found instanceof PEMEncryptedKeyPair
            || found instanceof PKCS8EncryptedPrivateKeyInfo) {
          throw new CertificateFileException(
              KEY, file, "is encrypted, expected a key without a passphrase", null);
        }
      }
    } catch (CertificateFileException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw new CertificateFileException(KEY, file, "cannot be read, " + EXPECTED_KEY, e);
    }
    throw new CertificateFileException(KEY, file, "holds none, " + EXPECTED_KEY, null);
  }

  private static boolean areOnePair(PrivateKey key, PublicKey publicKey)
      throws GeneralSecurityException {
    byte[] message = {1, 2, 3};
    Signature signature = Signature.getInstance("SHA256with" + suffix(publicKey));
    signature.initSign(key);
    signature.update(message);
    byte[] signed = signature.sign();
    signature.initVerify(publicKey);
    signature.update(message);
    return signature.verify(signed);
  }

  private static String suffix(PublicKey key) {
    return key.getAlgorithm().equals("EC") ? "ECDSA" : "RSA";
  }

  private static byte[] read(String key, Path file) throws CertificateFileException {
    try {
      if (Files.size(file) > MAX_SIZE) {
        throw new CertificateFileException(
            key, file, "is too long, expected at most " + (MAX_SIZE >> 20) + " MB", null);
      }
      return Files.readAllBytes(file);
    } catch (CertificateFileException e) {
      throw e;
    } catch (IOException e) {
      throw new CertificateFileException(
          key, file, "cannot be read: " + reason(e) + ", expected a PEM file", e);
    }
  }

  private static String reason(IOException e) {
    if (e instanceof NoSuchFileException) {
      return "there is no such file";
    }
    return e instanceof AccessDeniedException
        ? "permission denied"
        : String.valueOf(e.getMessage());
  }
}
