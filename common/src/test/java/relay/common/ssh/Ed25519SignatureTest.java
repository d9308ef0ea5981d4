package relay.common.ssh;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.InvalidKeyException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import org.apache.sshd.common.util.security.SecurityUtils;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Beside the JDK's own, each with the other's keys. */
class Ed25519SignatureTest {

  private static final byte[] TEXT = "what is signed".getBytes(UTF_8);

  @BeforeAll
  static void register() {
    EdwardsCurves.register();
  }

  private static Signature ours() throws Exception {
    return SecurityUtils.getSignature("Ed25519");
  }

  private static Signature theirs() throws Exception {
    return Signature.getInstance("Ed25519", "SunEC");
  }

  private static byte[] sign(Signature signature, KeyPair pair) throws Exception {
    signature.initSign(pair.getPrivate());
    signature.update(TEXT[0]);
    signature.update(TEXT, 1, TEXT.length - 1);
    return signature.sign();
  }

  private static boolean verify(Signature signature, KeyPair pair, byte[] signed) throws Exception {
    signature.initVerify(pair.getPublic());
    signature.update(TEXT);
    return signature.verify(signed);
  }

  @Test
  void signature_isTheJdksOwn() throws Exception {
    KeyPair jdk = KeyPairGenerator.getInstance("Ed25519", "SunEC").generateKeyPair();
    assertThat(ours().getProvider().getName()).isEqualTo("RelayCurves");
    assertThat(sign(ours(), jdk)).isEqualTo(sign(theirs(), jdk));
    assertThat(verify(ours(), jdk, sign(theirs(), jdk))).isTrue();
  }

  @Test
  void signature_ofAnotherKeyOrText_isNone() throws Exception {
    KeyPair pair = EdwardsCurves.newEd25519();
    byte[] signed = sign(ours(), pair);
    assertThat(verify(ours(), pair, signed)).isTrue();
    assertThat(verify(ours(), EdwardsCurves.newEd25519(), signed)).isFalse();
    signed[63] ^= 1;
    assertThat(verify(ours(), pair, signed)).isFalse();
    assertThat(verify(ours(), pair, new byte[7])).isFalse();
  }

  @Test
  void key_ofAnotherAlgorithm_isRefused() throws Exception {
    KeyPair rsa = KeyPairGenerator.getInstance("RSA").generateKeyPair();
    Ed25519Signature spi = new Ed25519Signature();
    assertThatThrownBy(() -> spi.engineInitVerify(rsa.getPublic()))
        .isInstanceOf(InvalidKeyException.class)
        .hasMessageContaining("RSA");
    assertThatThrownBy(() -> spi.engineInitSign(rsa.getPrivate()))
        .isInstanceOf(InvalidKeyException.class);
  }
}
