package relay.server.auth;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.apache.sshd.common.config.keys.OpenSshCertificate;
import relay.common.endpoint.InvalidValue;
import relay.common.ssh.InvalidPublicKey;
import relay.common.ssh.PublicKeyLine;

/**
 * What is let in no more, whoever lets it in: keys and authorities by fingerprint, certificates by
 * serial and key id. In lines, as {@code ssh-keygen -k} reads them: {@code serial: 1-7}, {@code id:
 * ann@laptop}, {@code hash: SHA256:…}, {@code key: ssh-ed25519 …}; a fingerprint or a key may stand
 * alone. Immutable.
 */
final class Revocations {

  static final Revocations NONE = new Revocations();

  private static final String EXPECTED =
      "serial: N or N-M from 1, id: …, a SHA256:… fingerprint, or a public key";

  /** Of serials, unsigned, both ends included. */
  private record Serials(long first, long last) {
    boolean contain(long serial) {
      return Long.compareUnsigned(first, serial) <= 0 && Long.compareUnsigned(serial, last) <= 0;
    }
  }

  private final Set<String> fingerprints = new HashSet<>();
  private final Set<String> ids = new HashSet<>();
  private final List<Serials> serials = new ArrayList<>();

  private Revocations() {}

  /**
   * Reads lists. Blocking.
   *
   * @throws AuthorizedKeysException where a line is none of the above
   */
  static Revocations read(List<Path> files) throws AuthorizedKeysException {
    Revocations all = new Revocations();
    for (Path file : files) {
      String text;
      try {
        text = Files.readString(file, StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw new AuthorizedKeysException(file + ": " + KeySources.reason(e));
      }
      int number = 0;
      for (String line : text.split("\n", -1)) {
        number++;
        try {
          all.add(line.strip());
        } catch (InvalidValue | InvalidPublicKey e) {
          throw new AuthorizedKeysException(file + ":" + number + ": " + e.getMessage());
        }
      }
    }
    return all;
  }

  private void add(String line) throws InvalidPublicKey {
    if (line.isEmpty() || line.startsWith("#")) {
      return;
    }
    if (line.startsWith("SHA256:")) {
      addFingerprint(line);
      return;
    }
    int colon = line.indexOf(':');
    String value = line.substring(colon + 1).strip();
    switch (colon < 0 ? "key" : line.substring(0, colon).toLowerCase(Locale.ROOT)) {
      case "serial" -> serials.add(serials(value));
      case "id" -> ids.add(value);
      case "hash" -> addFingerprint(value);
      case "key" -> fingerprints.add(PublicKeyLine.parse(value).fingerprint());
      default -> throw new InvalidValue(line, "a revocation", EXPECTED);
    }
  }

  private void addFingerprint(String text) {
    String fingerprint = text.split("[ \t=]", 2)[0];
    if (!fingerprint.matches("SHA256:[A-Za-z0-9+/]{43}")) {
      throw new InvalidValue(text, "a revocation", EXPECTED);
    }
    fingerprints.add(fingerprint);
  }

  private static Serials serials(String text) {
    String[] ends = text.split("-", 2);
    try {
      long first = Long.parseUnsignedLong(ends[0].strip());
      long last = ends.length == 1 ? first : Long.parseUnsignedLong(ends[1].strip());
      if (first != 0 && Long.compareUnsigned(first, last) <= 0) {
        return new Serials(first, last);
      }
    } catch (NumberFormatException e) {
      throw new InvalidValue(text, "a revocation", EXPECTED);
    }
    throw new InvalidValue(text, "a revocation", EXPECTED);
  }

  /** Whether a key, or a certificate by its key, authority, serial or id, is let in no more. */
  boolean revoke(PublicKey key) {
    if (key instanceof OpenSshCertificate certificate) {
      return revoke(certificate.getCertPubKey())
          || revoke(certificate.getCaPubKey())
          || ids.contains(certificate.getId())
          || serials.stream().anyMatch(range -> range.contain(certificate.getSerial()));
    }
    return fingerprints.contains(PublicKeyLine.fingerprint(key));
  }
}
