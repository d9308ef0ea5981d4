package relay.common.ssh;

import java.io.IOException;
import java.security.InvalidKeyException;
import java.security.InvalidParameterException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SignatureSpi;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.params.Ed25519PublicKeyParameters;
import org.bouncycastle.crypto.signers.Ed25519Signer;
import org.bouncycastle.crypto.util.PrivateKeyFactory;
import org.bouncycastle.crypto.util.PublicKeyFactory;

/**
 * Bouncy Castle's Ed25519 (RFC 8032) for {@link java.security.Signature}. Its own such class makes
 * a whole {@code BouncyCastleProvider}, for algorithms that Ed25519 does not use.
 */
public final class Ed25519Signature extends SignatureSpi {

  private final Ed25519Signer signer = new Ed25519Signer();

  /** For {@link java.security.Provider}. */
  public Ed25519Signature() {}

  @Override
  protected void engineInitVerify(PublicKey key) throws InvalidKeyException {
    try {
      signer.init(false, (Ed25519PublicKeyParameters) PublicKeyFactory.createKey(key.getEncoded()));
    } catch (IOException | RuntimeException e) {
      throw new InvalidKeyException("not an Ed25519 public key: " + key.getAlgorithm(), e);
    }
  }

  @Override
  protected void engineInitSign(PrivateKey key) throws InvalidKeyException {
    try {
      signer.init(
          true, (Ed25519PrivateKeyParameters) PrivateKeyFactory.createKey(key.getEncoded()));
    } catch (IOException | RuntimeException e) {
      throw new InvalidKeyException("not an Ed25519 private key: " + key.getAlgorithm(), e);
    }
  }

  @Override
  protected void engineUpdate(byte octet) {
    signer.update(octet);
  }

  @Override
  protected void engineUpdate(byte[] octets, int offset, int length) {
    signer.update(octets, offset, length);
  }

  @Override
  protected byte[] engineSign() {
    return signer.generateSignature();
  }

  @Override
  protected boolean engineVerify(byte[] signature) {
    return signer.verifySignature(signature);
  }

  @Override
  @Deprecated
  protected void engineSetParameter(String parameter, Object value) {
    throw new InvalidParameterException("Ed25519 has no parameters");
  }

  @Override
  @Deprecated
  protected Object engineGetParameter(String parameter) {
    throw new InvalidParameterException("Ed25519 has no parameters");
  }
}
