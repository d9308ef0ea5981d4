package relay.common.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import javax.crypto.AEADBadTagException;
import org.apache.sshd.common.NamedFactory;
import org.apache.sshd.common.cipher.BuiltinCiphers;
import org.apache.sshd.common.cipher.Cipher;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class AesGcmTest {

  private static final int TAG = 16;
  private static final int LENGTH = 4;

  /** So that the count carries into every octet of it within a few packets. */
  private static final byte[] IV = {1, 2, 3, 4, -1, -1, -1, -1, -1, -1, -1, -2};

  private final Random random = new Random(7);

  static Stream<Arguments> ciphers() {
    return Stream.of(
        Arguments.of(AesGcm.AES_128, BuiltinCiphers.aes128gcm),
        Arguments.of(AesGcm.AES_256, BuiltinCiphers.aes256gcm));
  }

  private static Cipher cipher(NamedFactory<Cipher> factory, Cipher.Mode mode) throws Exception {
    Cipher cipher = factory.create();
    byte[] key = new byte[cipher.getKdfSize()];
    new Random(42).nextBytes(key);
    cipher.init(mode, key, IV);
    return cipher;
  }

  @ParameterizedTest
  @MethodSource("ciphers")
  void packets_areThoseOfMina_beforeAndAfterNativeCodeTakesOver(
      NamedFactory<Cipher> ours, NamedFactory<Cipher> theirs) throws Exception {
    Cipher encrypts = cipher(ours, Cipher.Mode.Encrypt);
    Cipher decrypts = cipher(ours, Cipher.Mode.Decrypt);
    Cipher minaEncrypts = cipher(theirs, Cipher.Mode.Encrypt);
    NativeAes.load();
    assertThat(NativeAes.provider()).as("on x86-64 Linux with glibc").isNotNull();
    for (int packet = 0; packet < 400; packet++) { // native from the middle on
      int length = packet % 3 == 0 ? 16 + packet : 32 * 1024;
      byte[] plain = new byte[LENGTH + length + TAG];
      random.nextBytes(plain);
      byte[] sent = plain.clone();
      encrypts.updateWithAAD(sent, 0, LENGTH, length);
      byte[] minas = plain.clone();
      minaEncrypts.updateWithAAD(minas, 0, LENGTH, length);
      assertThat(sent).isEqualTo(minas);
      decrypts.updateWithAAD(sent, 0, LENGTH, length);
      assertThat(sent).startsWith(Arrays.copyOf(plain, LENGTH + length));
    }
  }

  @ParameterizedTest
  @MethodSource("ciphers")
  void changedOctet_isAnError(NamedFactory<Cipher> ours, NamedFactory<Cipher> theirs)
      throws Exception {
    byte[] packet = new byte[LENGTH + 64 + TAG];
    cipher(ours, Cipher.Mode.Encrypt).updateWithAAD(packet, 0, LENGTH, 64);
    for (int at : new int[] {0, LENGTH + 5, LENGTH + 64}) {
      byte[] changed = packet.clone();
      changed[at] ^= 1;
      Cipher decrypts = cipher(ours, Cipher.Mode.Decrypt);
      assertThatThrownBy(() -> decrypts.updateWithAAD(changed, 0, LENGTH, 64))
          .isInstanceOf(AEADBadTagException.class);
    }
    cipher(theirs, Cipher.Mode.Decrypt).updateWithAAD(packet, 0, LENGTH, 64);
  }

  @ParameterizedTest
  @MethodSource("ciphers")
  void sizes_areThoseOfMina(NamedFactory<Cipher> ours, NamedFactory<Cipher> theirs) {
    Cipher one = ours.create();
    Cipher other = theirs.create();
    assertThat(ours.getName()).isEqualTo(theirs.getName());
    assertThat(one.getIVSize()).isEqualTo(other.getIVSize());
    assertThat(one.getKdfSize()).isEqualTo(other.getKdfSize());
    assertThat(one.getKeySize()).isEqualTo(other.getKeySize());
    assertThat(one.getCipherBlockSize()).isEqualTo(other.getCipherBlockSize());
    assertThat(one.getAuthenticationTagSize()).isEqualTo(other.getAuthenticationTagSize());
  }
}
