package relay.server.auth;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * What people paste: {@code relay_}, the token's id, {@code _} and its secret. The word in front
 * lets those who look for secrets in repositories find it; the id lets it be found here without
 * comparing secrets.
 *
 * <p>The secret is 130 random bits, so SHA-256 hides it: nobody guesses as many, however fast the
 * hash is. A slow one, made for passwords that people think of, would only let strangers keep the
 * server busy.
 */
final class TokenText {

  private static final String PREFIX = "relay_";
  private static final String ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"; // 5 bits each
  private static final int ID = 8;
  private static final int SECRET = 26;

  private static final int LENGTH = PREFIX.length() + ID + 1 + SECRET;

  /** What is longer is not even looked at. */
  static final int MAX_GIVEN = 256;

  private static final SecureRandom RANDOM = new SecureRandom();

  private TokenText() {}

  static String newId() {
    return random(ID);
  }

  static String of(String id) {
    return PREFIX + id + "_" + random(SECRET);
  }

  private static String random(int length) {
    byte[] bytes = new byte[length];
    RANDOM.nextBytes(bytes);
    StringBuilder text = new StringBuilder(length);
    for (byte b : bytes) {
      text.append(ALPHABET.charAt(b & 31));
    }
    return text.toString();
  }

  /** The id in a text of somebody; empty where it has not the form of a token. */
  static String id(byte[] given) {
    String text = new String(given, StandardCharsets.ISO_8859_1);
    return text.length() == LENGTH && text.startsWith(PREFIX)
        ? text.substring(PREFIX.length(), PREFIX.length() + ID)
        : "";
  }

  /** The hash that a token is known by, in hexadecimal. */
  static String hash(byte[] given) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(given));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  static boolean isHash(String text) {
    return text.matches("[0-9a-f]{64}");
  }

  static boolean isId(String text) {
    return text.length() == ID && text.chars().allMatch(c -> ALPHABET.indexOf(c) >= 0);
  }
}
