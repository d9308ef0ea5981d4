package relay.common.ssh;

import com.amazon.corretto.crypto.provider.AmazonCorrettoCryptoProvider;
import java.security.GeneralSecurityException;
import java.security.Provider;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The machine's own AES-GCM, two to five times as fast as the JDK's, from Amazon Corretto Crypto
 * Provider. Loading it takes half a second of CPU, so it is loaded for those who move much data,
 * beside them, when they do; where it cannot be (its library is for glibc, and is unpacked into
 * {@code java.io.tmpdir}) the JDK's goes on. Any thread.
 */
final class NativeAes {

  private static final Logger LOG = LoggerFactory.getLogger(NativeAes.class);

  /** How much the process encrypts and decrypts before, in bytes. */
  private static final long WORTH_IT = 32 << 20;

  private static final AtomicLong USED = new AtomicLong();

  private static volatile @Nullable Provider provider;

  private NativeAes() {}

  /** Null where there is none, or none yet. */
  static @Nullable Provider provider() {
    return provider;
  }

  /** So many bytes were encrypted or decrypted. */
  static void used(int bytes) {
    if (USED.get() < WORTH_IT) {
      long before = USED.getAndAdd(bytes);
      if (before < WORTH_IT && before + bytes >= WORTH_IT) {
        Thread loader = new Thread(NativeAes::load, "relay-native-aes");
        loader.setDaemon(true);
        loader.start();
      }
    }
  }

  /** Blocking. */
  static void load() {
    try {
      Provider found = Corretto.provider();
      if (!sameAsTheJdk(found)) {
        LOG.warn("the native AES-GCM is wrong, and is not used");
        return;
      }
      provider = found;
    } catch (GeneralSecurityException | LinkageError | RuntimeException e) {
      LOG.debug("no native AES-GCM: {}", e.toString());
    }
  }

  /** A class of its own: to verify a class that names the provider, the JVM opens its jar. */
  private static final class Corretto {
    static Provider provider() throws GeneralSecurityException {
      AmazonCorrettoCryptoProvider found = AmazonCorrettoCryptoProvider.INSTANCE;
      Throwable error = found.getLoadingError();
      if (error != null) {
        throw new GeneralSecurityException(error);
      }
      return found;
    }
  }

  private static boolean sameAsTheJdk(Provider found) throws GeneralSecurityException {
    return Arrays.equals(
        sample(Cipher.getInstance("AES/GCM/NoPadding", found)),
        sample(Cipher.getInstance("AES/GCM/NoPadding")));
  }

  private static byte[] sample(Cipher cipher) throws GeneralSecurityException {
    byte[] octets = new byte[1000];
    for (int i = 0; i < octets.length; i++) {
      octets[i] = (byte) i;
    }
    cipher.init(
        Cipher.ENCRYPT_MODE,
        new SecretKeySpec(octets, 0, 16, "AES"),
        new GCMParameterSpec(128, octets, 0, 12));
    cipher.updateAAD(octets, 0, 4);
    return cipher.doFinal(octets);
  }
}
