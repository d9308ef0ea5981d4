package relay.common.ssh;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.jcajce.JceOpenSSLPKCS8DecryptorProviderBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.pkcs.PKCS8EncryptedPrivateKeyInfo;
import org.bouncycastle.pkcs.PKCSException;

/**
 * Opens {@code BEGIN ENCRYPTED PRIVATE KEY} (RFC 5958), which MINA leaves to a registered Bouncy
 * Castle; so the whole of that is loaded only where such a file is met.
 */
final class EncryptedPkcs8 {

  private static final Pattern BLOCK =
      Pattern.compile(
          "-----BEGIN ENCRYPTED PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END ENCRYPTED");

  private EncryptedPkcs8() {}

  /** The same key as {@code BEGIN PRIVATE KEY}; any other text as it is. */
  static byte[] opened(byte[] text, PassphraseTries tries)
      throws IOException, GeneralSecurityException {
    Matcher block = BLOCK.matcher(new String(text, StandardCharsets.ISO_8859_1));
    if (!block.find()) {
      return text;
    }
    var encrypted =
        new PKCS8EncryptedPrivateKeyInfo(Base64.getMimeDecoder().decode(block.group(1)));
    byte[] key = tries.decode(null, null, passphrase -> decrypt(encrypted, passphrase));
    return ("-----BEGIN PRIVATE KEY-----\n"
            + Base64.getMimeEncoder().encodeToString(key)
            + "\n-----END PRIVATE KEY-----\n")
        .getBytes(StandardCharsets.ISO_8859_1);
  }

  private static byte[] decrypt(PKCS8EncryptedPrivateKeyInfo encrypted, String passphrase)
      throws IOException, GeneralSecurityException {
    try {
      var decryptor =
          new JceOpenSSLPKCS8DecryptorProviderBuilder()
              .setProvider(new BouncyCastleProvider())
              .build(passphrase.toCharArray());
      return encrypted.decryptPrivateKeyInfo(decryptor).getEncoded();
    } catch (OperatorCreationException | PKCSException e) {
      throw new GeneralSecurityException("wrong passphrase", e);
    }
  }
}
