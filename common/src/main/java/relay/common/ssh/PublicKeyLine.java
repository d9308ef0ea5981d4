package relay.common.ssh;

import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.interfaces.RSAKey;
import java.util.Base64;
import java.util.Set;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;
import relay.common.endpoint.Untrusted;

/**
 * A public key as one line of text, {@code type base64 [comment]}: in {@code *.pub} files, and
 * within the lines of {@code authorized_keys} and {@code known_hosts}. Certificates and DSA are not
 * accepted, nor RSA below 2048 bits.
 *
 * @param type the key type, as {@code ssh-ed25519}
 * @param comment what follows the key, empty where nothing does; the writer's own bytes
 */
public record PublicKeyLine(String type, PublicKey key, String comment) {

  private static final Set<String> TYPES =
      Set.of(
          "ssh-ed25519",
          "sk-ssh-ed25519@openssh.com",
          "ecdsa-sha2-nistp256",
          "ecdsa-sha2-nistp384",
          "ecdsa-sha2-nistp521",
          "sk-ecdsa-sha2-nistp256@openssh.com",
          "ssh-rsa");
  private static final int MIN_RSA_BITS = 2048;
  private static final int SHOWN = 60;

  static {
    EdwardsCurves.register();
  }

  /**
   * Reads a line without options.
   *
   * @throws InvalidPublicKey where it is none, or one that is not accepted
   */
  public static PublicKeyLine parse(String line) throws InvalidPublicKey {
    String[] parts = line.strip().split("[ \t]+", 3);
    String type = parts[0];
    if (parts.length < 2) {
      throw new InvalidPublicKey("'" + shown(type) + "' is no public key: expected type and key");
    }
    if (!TYPES.contains(type)) {
      throw new InvalidPublicKey("key type '" + shown(type) + "' is not accepted");
    }
    PublicKey key = decode(type, parts[1]);
    if (key instanceof RSAKey rsa && rsa.getModulus().bitLength() < MIN_RSA_BITS) {
      throw new InvalidPublicKey(
          "RSA key of "
              + rsa.getModulus().bitLength()
              + " bits: at least "
              + MIN_RSA_BITS
              + " are needed");
    }
    return new PublicKeyLine(type, key, parts.length > 2 ? parts[2].strip() : "");
  }

  /**
   * Whether text begins as a public key does, accepted or not: a word, then base64 that names the
   * same word (RFC 4253 §6.6).
   */
  public static boolean looksLikeKey(String text) {
    String[] parts = text.strip().split("[ \t]+", 3);
    if (parts.length < 2) {
      return false;
    }
    try {
      return new ByteArrayBuffer(Base64.getDecoder().decode(parts[1])).getString().equals(parts[0]);
    } catch (RuntimeException e) {
      return false;
    }
  }

  /** The fingerprint as OpenSSH shows it, {@code SHA256:} and 43 characters. */
  public static String fingerprint(PublicKey key) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(blob(key));
      return "SHA256:" + Base64.getEncoder().withoutPadding().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("JDK without SHA-256", e);
    }
  }

  /** The key's public part as it travels (RFC 4253 §6.6). */
  public static byte[] blob(PublicKey key) {
    ByteArrayBuffer buffer = new ByteArrayBuffer();
    buffer.putRawPublicKey(key);
    return buffer.getCompactData();
  }

  /** The line for a key, without an end of line. */
  public static String format(PublicKey key, String comment) {
    String line = KeyUtils.getKeyType(key) + " " + Base64.getEncoder().encodeToString(blob(key));
    return comment.isEmpty() ? line : line + " " + comment;
  }

  public String fingerprint() {
    return fingerprint(key);
  }

  private static PublicKey decode(String type, String base64) throws InvalidPublicKey {
    try {
      Buffer buffer = new ByteArrayBuffer(Base64.getDecoder().decode(base64));
      PublicKey key = buffer.getRawPublicKey();
      if (buffer.available() > 0 || !type.equals(KeyUtils.getKeyType(key))) {
        throw new InvalidPublicKey("the key is not the '" + type + "' that its line says");
      }
      return key;
    } catch (IOException | RuntimeException e) {
      throw new InvalidPublicKey("'" + shown(base64) + "' is no " + type + " key in base64");
    }
  }

  private static String shown(String text) {
    return Untrusted.harmless(text.length() > SHOWN ? text.substring(0, SHOWN) + "…" : text);
  }
}
