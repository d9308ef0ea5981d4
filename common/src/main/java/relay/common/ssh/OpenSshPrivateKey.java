package relay.common.ssh;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;

/** The public part of a key file in OpenSSH's format, which is never encrypted (PROTOCOL.key). */
final class OpenSshPrivateKey {

  private static final Pattern BLOCK =
      Pattern.compile(
          "-----BEGIN OPENSSH PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END OPENSSH PRIVATE KEY");
  private static final byte[] MAGIC = "openssh-key-v1\0".getBytes(StandardCharsets.US_ASCII);

  private OpenSshPrivateKey() {}

  static Optional<PublicKey> publicKey(byte[] text) {
    Matcher block = BLOCK.matcher(new String(text, StandardCharsets.ISO_8859_1));
    if (!block.find()) {
      return Optional.empty();
    }
    try {
      byte[] body = Base64.getMimeDecoder().decode(block.group(1));
      if (!Arrays.equals(body, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
        return Optional.empty();
      }
      var buffer = new ByteArrayBuffer(body, MAGIC.length, body.length - MAGIC.length, true);
      buffer.getString(); // cipher
      buffer.getString(); // key derivation
      buffer.getBytes(); // its options
      buffer.getInt(); // how many keys: always one
      return Optional.of(new ByteArrayBuffer(buffer.getBytes()).getRawPublicKey());
    } catch (IOException | RuntimeException e) {
      return Optional.empty();
    }
  }
}
