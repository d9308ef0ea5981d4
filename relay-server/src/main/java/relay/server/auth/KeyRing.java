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
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Untrusted;
import relay.common.ssh.PublicKeyLine;

/**
 * Who is let in: keys by fingerprint, with their rights. Immutable; any thread.
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

  private final boolean expires;

  private KeyRing(Draft draft) {
    Map<String, List<Optional<Entry>>> copy = new HashMap<>();
    draft.keys.forEach((id, lines) -> copy.put(id, List.copyOf(lines)));
    this.keys = Map.copyOf(copy);
    this.expires =
        keys.values().stream()
            .flatMap(List::stream)
            .anyMatch(line -> line.isPresent() && line.get().grants().expires());
  }

  /** What is read, line by line. */
  static final class Draft {

    private final Map<String, List<Optional<Entry>>> keys = new HashMap<>();

    boolean mentions(PublicKey key) {
      return keys.containsKey(PublicKeyLine.fingerprint(key));
    }

    void add(AuthorizedKeys.Line line) {
      PublicKey key = line.publicKey();
      if (line instanceof AuthorizedKeys.Granted granted) {
        add(granted.key().key(), granted.key().comment(), granted.grants());
      } else if (key != null) {
        lines(key).add(Optional.empty());
      }
    }

    void add(PublicKey key, String comment, Grants grants) {
      lines(key).add(Optional.of(new Entry(identity(key, comment), grants)));
    }

    private List<Optional<Entry>> lines(PublicKey key) {
      return keys.computeIfAbsent(PublicKeyLine.fingerprint(key), id -> new ArrayList<>());
    }

    KeyRing ring() {
      return new KeyRing(this);
    }
  }

  /** The rights of a key that comes from there now, or null where it is not let in. */
  public @Nullable Entry find(PublicKey key, InetAddress from, Instant now) {
    for (Optional<Entry> line : lines(key)) {
      if (line.isEmpty() || line.get().grants().hold(from, now)) {
        return line.orElse(null);
      }
    }
    return null;
  }

  /** Whether the key is let in, if perhaps not from everywhere. */
  boolean has(PublicKey key) {
    List<Optional<Entry>> lines = lines(key);
    return !lines.isEmpty() && lines.get(0).isPresent();
  }

  private List<Optional<Entry>> lines(PublicKey key) {
    return keys.getOrDefault(PublicKeyLine.fingerprint(key), List.of());
  }

  /** How many keys are let in, {@code first-key} among them. */
  public int size() {
    return (int) keys.values().stream().filter(lines -> lines.get(0).isPresent()).count();
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
