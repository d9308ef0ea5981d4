package relay.common.ssh;

import java.security.GeneralSecurityException;
import java.security.Provider;
import java.util.Arrays;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.apache.sshd.common.NamedFactory;
import org.apache.sshd.common.OptionalFeature;
import org.apache.sshd.common.cipher.Cipher;
import org.jspecify.annotations.Nullable;

/**
 * AES-GCM of one direction (RFC 5647, with the names that OpenSSH gave it), in bulk from the
 * machine's own code once {@link NativeAes} has it: between two packets nothing but the key and a
 * counter matters, so the provider may change there. By one thread at a time, as MINA's locks have
 * it.
 */
final class AesGcm implements Cipher {

  static final NamedFactory<Cipher> AES_128 = new Factory("aes128-gcm@openssh.com", 128);
  static final NamedFactory<Cipher> AES_256 = new Factory("aes256-gcm@openssh.com", 256);

  private static final String TRANSFORMATION = "AES/GCM/NoPadding";
  private static final int IV = 12;

  /** Of the IV's octets, the last eight count packets; the first four stay. */
  private static final int FIXED = 4;

  private static final int TAG = 16;

  /** After so many octets native code pays for what it takes to begin: a login would cost twice. */
  private static final long WORTH_IT = 4 << 20;

  private final String name;
  private final int keyBits;

  private @Nullable SecretKey key;
  private byte[] iv = new byte[IV];
  private int mode;
  private long octets;
  private javax.crypto.@Nullable Cipher cipher;
  private @Nullable Provider provider;

  private AesGcm(String name, int keyBits) {
    this.name = name;
    this.keyBits = keyBits;
  }

  private record Factory(String name, int keyBits)
      implements NamedFactory<Cipher>, OptionalFeature {
    @Override
    public String getName() {
      return name;
    }

    @Override
    public Cipher create() {
      return new AesGcm(name, keyBits);
    }

    @Override
    public boolean isSupported() {
      return Cipher.checkSupported(TRANSFORMATION, keyBits);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  @Override
  public void init(Mode direction, byte[] keyOctets, byte[] firstIv) {
    key = new SecretKeySpec(Arrays.copyOf(keyOctets, keyBits / Byte.SIZE), getAlgorithm());
    iv = Arrays.copyOf(firstIv, IV);
    mode =
        direction == Mode.Encrypt
            ? javax.crypto.Cipher.ENCRYPT_MODE
            : javax.crypto.Cipher.DECRYPT_MODE;
  }

  /** Begins a packet, with the length that is not encrypted. */
  @Override
  @SuppressWarnings("ReferenceEquality") // providers are maps, and equal where their entries are
  public void updateAAD(byte[] data, int offset, int length) throws GeneralSecurityException {
    Provider now = octets < WORTH_IT ? null : NativeAes.provider();
    javax.crypto.Cipher one = cipher;
    if (one == null || provider != now) {
      one =
          now == null
              ? javax.crypto.Cipher.getInstance(TRANSFORMATION)
              : javax.crypto.Cipher.getInstance(TRANSFORMATION, now);
      cipher = one;
      provider = now;
    }
    one.init(mode, key, new GCMParameterSpec(TAG * Byte.SIZE, iv));
    one.updateAAD(data, offset, length);
  }

  /**
   * Encrypts the packet in place and writes the tag behind it, or checks the tag behind it and
   * decrypts it in place.
   *
   * @throws GeneralSecurityException where the tag is wrong
   */
  @Override
  public void update(byte[] data, int offset, int length) throws GeneralSecurityException {
    if (cipher == null) {
      throw new IllegalStateException("a packet begins with its length");
    }
    boolean decrypts = mode == javax.crypto.Cipher.DECRYPT_MODE;
    cipher.doFinal(data, offset, decrypts ? length + TAG : length, data, offset);
    count();
    octets += length;
    NativeAes.used(length);
  }

  private void count() {
    for (int i = IV - 1; i >= FIXED && ++iv[i] == 0; i--) {
      // carried on
    }
  }

  @Override
  public String getTransformation() {
    return TRANSFORMATION;
  }

  @Override
  public String getAlgorithm() {
    return "AES";
  }

  @Override
  public int getIVSize() {
    return IV;
  }

  @Override
  public int getAuthenticationTagSize() {
    return TAG;
  }

  @Override
  public int getCipherBlockSize() {
    return 16;
  }

  @Override
  public int getKdfSize() {
    return keyBits / Byte.SIZE;
  }

  @Override
  public int getKeySize() {
    return keyBits;
  }

  @Override
  public String toString() {
    return name;
  }
}
