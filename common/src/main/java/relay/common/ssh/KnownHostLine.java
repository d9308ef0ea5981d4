package relay.common.ssh;

import java.nio.file.Path;
import java.util.Base64;
import java.util.Locale;
import org.apache.sshd.client.config.hosts.KnownHostHashValue;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Wildcard;

/**
 * One line of {@code known_hosts} (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT).
 *
 * @param marker {@code @revoked}, {@code @cert-authority}, or empty
 * @param hosts the patterns as written, or one hashed name
 * @param key in base64, canonical
 * @param number the line's number in its file, from 1
 */
record KnownHostLine(String marker, String hosts, String type, String key, Path file, int number) {

  static final String REVOKED = "@revoked";
  static final String CERT_AUTHORITY = "@cert-authority";

  /** Null for a comment, and for what is no such line: as ssh, which passes over it. */
  static @Nullable KnownHostLine parse(String text, Path file, int number) {
    String line = text.strip();
    if (line.isEmpty() || line.startsWith("#")) {
      return null;
    }
    String marker = "";
    if (line.startsWith("@")) {
      marker = line.split("[ \t]", 2)[0];
      if (!marker.equals(REVOKED) && !marker.equals(CERT_AUTHORITY)) {
        return null;
      }
      line = line.substring(marker.length()).strip();
    }
    String[] parts = line.split("[ \t]+", 4);
    if (parts.length < 3) {
      return null;
    }
    try {
      String key = Base64.getEncoder().encodeToString(Base64.getDecoder().decode(parts[2]));
      return new KnownHostLine(marker, parts[0], parts[1], key, file, number);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  boolean isHashed() {
    return hosts.charAt(0) == KnownHostHashValue.HASHED_HOST_DELIMITER;
  }

  /**
   * Whether this line is about a host. Patterns are matched on the name with its port, {@code
   * [host]:port} unless that is 22; one that begins with {@code !} and matches rules the line out.
   *
   * @param host in lower case
   */
  boolean matches(String host, int port) {
    if (isHashed()) {
      try {
        KnownHostHashValue hash = KnownHostHashValue.parse(hosts);
        return hash != null && hash.isHostMatch(host, port);
      } catch (RuntimeException e) {
        return false; // no such hash: a broken line
      }
    }
    String name = KnownHostHashValue.createHostPattern(host, port);
    boolean matches = false;
    for (String pattern : hosts.toLowerCase(Locale.ROOT).split(",", -1)) {
      boolean negated = pattern.startsWith("!");
      if (new Wildcard(negated ? pattern.substring(1) : pattern).matches(name)) {
        if (negated) {
          return false;
        }
        matches = true;
      }
    }
    return matches;
  }
}
