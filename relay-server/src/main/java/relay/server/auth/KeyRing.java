package relay.server.auth;

import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.apache.sshd.common.config.keys.OpenSshCertificate;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Untrusted;
import relay.common.ssh.PublicKeyLine;

/**
 * Who is let in: keys by fingerprint, with their rights. Immutable but for what others are asked;
 * any thread.
 *
 * <p>Of a key's lines the first decides that holds where it comes from and now, as in sshd. A line
 * that is refused decides too: a key whose limits we cannot enforce must not come in by another
 * line or file without them.
 */
public final class KeyRing {

  private static final int SHORT_FINGERPRINT = "SHA256:".length() + 8;
  private static final int DISPLAY = 64;

  /** A key that is let in. */
  public record Entry(Identity identity, Grants grants) {}

  /** By fingerprint, in the order of the lines; empty for one that keeps its key out. */
  private final Map<String, List<Optional<Entry>>> keys;

  private final Authorities authorities;
  private final Revocations revocations;
  private final @Nullable AskedKeys asked;
  private final boolean expires;

  private KeyRing(Draft draft, Revocations revocations, @Nullable AskedKeys asked) {
    this.asked = asked;
    this.keys = copy(draft.keys);
    this.authorities = new Authorities(copy(draft.authorities));
    this.revocations = revocations;
    this.expires = draft.expires;
  }

  private static <T> Map<String, List<Optional<T>>> copy(Map<String, List<Optional<T>>> lines) {
    Map<String, List<Optional<T>>> copy = new HashMap<>();
    lines.forEach((id, some) -> copy.put(id, List.copyOf(some)));
    return Map.copyOf(copy);
  }

  /** What is read, line by line. */
  static final class Draft {

    private final Map<String, List<Optional<Entry>>> keys = new HashMap<>();
    private final Map<String, List<Optional<Authorities.Line>>> authorities = new HashMap<>();
    private boolean expires;

    boolean mentions(PublicKey key) {
      return keys.containsKey(PublicKeyLine.fingerprint(key));
    }

    void add(AuthorizedKeys.Line line) {
      PublicKey key = line.publicKey();
      if (line instanceof AuthorizedKeys.Granted granted) {
        expires |= granted.grants().expires();
        if (granted.authority() != null) {
          put(authorities, granted.key().key(), Optional.of(granted.authority()));
        } else {
          add(granted.key().key(), granted.key().comment(), granted.grants());
        }
      } else if (key != null) {
        put(keys, key, Optional.empty());
        put(authorities, key, Optional.empty());
      }
    }

    void add(PublicKey key, String comment, Grants grants) {
      put(keys, key, Optional.of(new Entry(identity(key, comment), grants)));
    }

    private static <T> void put(
        Map<String, List<Optional<T>>> lines, PublicKey key, Optional<T> line) {
      lines.computeIfAbsent(PublicKeyLine.fingerprint(key), id -> new ArrayList<>()).add(line);
    }

    /**
     * The ring of what was read.
     *
     * @param asked who knows of keys that are not mentioned
     */
    KeyRing ring(Revocations revocations, @Nullable AskedKeys asked) {
      return new KeyRing(this, revocations, asked);
    }
  }

  /**
   * The rights of a key, or of who holds a certificate, that comes from there now; null where it is
   * not let in.
   *
   * @param user the login name, which says who it is where there is a certificate
   */
  public @Nullable Entry find(PublicKey key, String user, InetAddress from, Instant now) {
    if (revocations.revoke(key)) {
      return null;
    }
    if (key instanceof OpenSshCertificate certificate) {
      return authorities.find(certificate, user, from, now);
    }
    KeyRing deciding = deciding(key, user);
    return deciding == null ? null : deciding.findLine(key, from, now);
  }

  private @Nullable Entry findLine(PublicKey key, InetAddress from, Instant now) {
    for (Optional<Entry> line : lines(key)) {
      if (line.isEmpty() || line.get().grants().hold(from, now)) {
        return line.orElse(null);
      }
    }
    return null;
  }

  /** Of a key that is not let in: whether a line that was for it, or its authority, has expired. */
  boolean hasExpired(PublicKey key, Instant now) {
    if (revocations.revoke(key)) {
      return false;
    }
    Stream<Grants> grants =
        key instanceof OpenSshCertificate certificate
            ? authorities
                .lines()
                .getOrDefault(fingerprintOfAuthority(certificate), List.of())
                .stream()
                .flatMap(Optional::stream)
                .map(Authorities.Line::grants)
            : lines(key).stream().flatMap(Optional::stream).map(Entry::grants);
    return grants.anyMatch(one -> one.hasExpired(now));
  }

  private static String fingerprintOfAuthority(OpenSshCertificate certificate) {
    return PublicKeyLine.fingerprint(certificate.getCaPubKey());
  }

  /** Who is asked for the key: nobody where it is mentioned, revoked, or a certificate. */
  private @Nullable AskedKeys asked(PublicKey key) {
    return asked == null
            || key instanceof OpenSshCertificate
            || !lines(key).isEmpty()
            || revocations.revoke(key)
        ? null
        : asked;
  }

  /** Whether somebody has to be asked for the key, time and again. */
  boolean asks(PublicKey key) {
    return asked(key) != null;
  }

  /**
   * Completes when {@link #find} can tell, at once where nobody has to be asked. Then on a thread
   * that must not be kept.
   */
  CompletableFuture<?> prepare(PublicKey key, String user) {
    AskedKeys others = asked(key);
    return others == null ? CompletableFuture.completedFuture(null) : others.ask(key, user);
  }

  /** The ring that has the key's lines: this one, or an answer; null while there is no answer. */
  @Nullable KeyRing deciding(PublicKey key, String user) {
    AskedKeys others = asked(key);
    return others == null ? this : others.ring(key, user);
  }

  /** Whether there are keys that somebody has to be asked for. */
  boolean asks() {
    return asked != null;
  }

  /** Whether the key is let in, if perhaps not from everywhere. */
  boolean has(PublicKey key) {
    List<Optional<Entry>> lines = lines(key);
    return !lines.isEmpty() && lines.get(0).isPresent() && !revocations.revoke(key);
  }

  private List<Optional<Entry>> lines(PublicKey key) {
    return keys.getOrDefault(PublicKeyLine.fingerprint(key), List.of());
  }

  /** How many keys and authorities there are, {@code first-key} among them. */
  public int size() {
    return count(keys) + count(authorities.lines());
  }

  private static <T> int count(Map<String, List<Optional<T>>> lines) {
    return (int) lines.values().stream().filter(some -> some.get(0).isPresent()).count();
  }

  /** Whether time alone may take rights away from a key. */
  public boolean expires() {
    return expires;
  }

  private static Identity identity(PublicKey key, String comment) {
    String id = PublicKeyLine.fingerprint(key);
    String text = new String(comment.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    String shown = text.length() > DISPLAY ? text.substring(0, DISPLAY) + "…" : text;
    return new Identity(
        id, shown.isBlank() ? id.substring(0, SHORT_FINGERPRINT) : Untrusted.harmless(shown));
  }
}
