package relay.server.auth;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.PublicKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import relay.common.endpoint.Untrusted;
import relay.common.ssh.Agent;
import relay.common.ssh.KeyFileException;
import relay.common.ssh.KeyFiles;
import relay.common.ssh.PublicKeyLine;

/**
 * Who is let in: keys by fingerprint, with their rights. Immutable; reading is blocking, for
 * start-up and reload.
 *
 * <p>Of a key's lines the first decides that holds where it comes from and now, as in sshd. A line
 * that is refused decides too: a key whose limits we cannot enforce must not come in by another
 * line or file without them.
 */
public final class KeyRing {

  private static final Logger LOG = LoggerFactory.getLogger(KeyRing.class);

  private static final String FIRST_KEY = "first-key";
  private static final int SHORT_FINGERPRINT = "SHA256:".length() + 8;
  private static final int DISPLAY = 64;

  /** A key that is let in. */
  public record Entry(Identity identity, Grants grants) {}

  /** By fingerprint, in the order of the lines; empty for one that keeps its key out. */
  private final Map<String, List<Optional<Entry>>> keys = new HashMap<>();

  private final Path firstKey;

  private KeyRing(Path firstKey) {
    this.firstKey = firstKey;
  }

  /**
   * Reads who is let in, and makes {@code first-key} on the first start.
   *
   * @param dataDirectory holds {@code first-key}, which is let in always
   * @param sshDirectory {@code ~/.ssh} of whoever runs the relay, or null where there is no home
   * @param named the files of {@code --authorized-keys}; where there are any, the keys of {@code
   *     sshDirectory} do not count
   * @throws AuthorizedKeysException where a named file has a line that cannot be honoured
   * @throws KeyFileException where {@code first-key} cannot be used
   */
  public static KeyRing read(Path dataDirectory, @Nullable Path sshDirectory, List<Path> named)
      throws AuthorizedKeysException, KeyFileException {
    KeyRing ring = new KeyRing(dataDirectory.resolve(FIRST_KEY));
    if (!named.isEmpty()) {
      for (Path file : named) {
        ring.addNamed(file);
      }
    } else if (sshDirectory != null && Files.isDirectory(sshDirectory)) {
      ring.addOwn(sshDirectory);
    }
    PublicKey first = KeyFiles.readOrMake(ring.firstKey, "relay-first-key").getPublic();
    if (!ring.isMentioned(first)) {
      ring.add(first, Optional.of(new Entry(identity(first, "relay-first-key"), Grants.ALL)));
    }
    return ring;
  }

  /** The rights of a key that comes from there now, or null where it is not let in. Any thread. */
  public @Nullable Entry find(PublicKey key, InetAddress from, Instant now) {
    for (Optional<Entry> line : lines(key)) {
      if (line.isEmpty() || line.get().grants().hold(from, now)) {
        return line.orElse(null);
      }
    }
    return null;
  }

  /** Whether the key is let in, if perhaps not from everywhere. */
  private boolean has(PublicKey key) {
    List<Optional<Entry>> lines = lines(key);
    return !lines.isEmpty() && lines.get(0).isPresent();
  }

  private List<Optional<Entry>> lines(PublicKey key) {
    return keys.getOrDefault(PublicKeyLine.fingerprint(key), List.of());
  }

  private boolean isMentioned(PublicKey key) {
    return !lines(key).isEmpty();
  }

  /** How many keys are let in, {@code first-key} among them. */
  public int size() {
    return (int) keys.values().stream().filter(lines -> lines.get(0).isPresent()).count();
  }

  /**
   * The file to give to {@code ssh -i}, where ssh would find no key by itself that is let in:
   * neither among the private keys of {@code ~/.ssh} nor in the agent. Blocking.
   *
   * @param sshDirectory {@code ~/.ssh}, or null
   * @param agentSocket what {@code SSH_AUTH_SOCK} names, or null
   */
  public Optional<Path> firstKeyHint(@Nullable Path sshDirectory, @Nullable Path agentSocket) {
    boolean found =
        sshDirectory != null
            && KeyFiles.identitiesOfSsh(sshDirectory).stream()
                .flatMap(file -> KeyFiles.publicKeyOf(file).stream())
                .anyMatch(this::has);
    return found || (agentSocket != null && agentHasKey(agentSocket))
        ? Optional.empty()
        : Optional.of(firstKey);
  }

  private boolean agentHasKey(Path socket) {
    try (Agent agent = Agent.connect(socket)) {
      for (Map.Entry<PublicKey, String> identity : agent.getIdentities()) {
        if (has(identity.getKey())) {
          return true;
        }
      }
    } catch (IOException e) {
      LOG.debug("agent {}: {}", socket, e.getMessage());
    }
    return false;
  }

  private void addNamed(Path file) throws AuthorizedKeysException {
    try {
      for (AuthorizedKeys.Line line : AuthorizedKeys.read(file).lines()) {
        if (line instanceof AuthorizedKeys.Refused refused) {
          throw new AuthorizedKeysException(
              file + ":" + refused.number() + ": " + refused.reason());
        }
        add(line);
      }
    } catch (AuthorizedKeysException e) {
      throw e;
    } catch (IOException e) {
      throw new AuthorizedKeysException(file + ": " + reason(e));
    }
  }

  private void addOwn(Path sshDirectory) {
    if (isOpenToOthers(sshDirectory)) {
      return;
    }
    Path file = sshDirectory.resolve("authorized_keys");
    if (Files.exists(file) && !isOpenToOthers(file)) {
      try {
        for (AuthorizedKeys.Line line : AuthorizedKeys.read(file).lines()) {
          tellRefused(file, line);
          add(line);
        }
      } catch (IOException e) {
        LOG.warn("{} is skipped: {}", file, reason(e));
      }
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(sshDirectory, "*.pub")) {
      for (Path pub : files) {
        if (!pub.toString().endsWith("-cert.pub") && !isOpenToOthers(pub)) {
          addPub(pub);
        }
      }
    } catch (IOException e) {
      LOG.warn("{} is skipped: {}", sshDirectory, reason(e));
    }
  }

  /** A {@code .pub} has one key and no options; options would be somebody's restriction. */
  private void addPub(Path pub) {
    try {
      String text = Files.readString(pub, StandardCharsets.ISO_8859_1);
      for (AuthorizedKeys.Line line :
          AuthorizedKeys.parse(text).lines().stream().limit(1).toList()) {
        tellRefused(pub, line);
        PublicKey key = keyOf(line);
        if (key != null && !isMentioned(key)) {
          add(line);
        }
      }
    } catch (IOException e) {
      LOG.warn("{} is skipped: {}", pub, reason(e));
    }
  }

  private static void tellRefused(Path file, AuthorizedKeys.Line line) {
    if (line instanceof AuthorizedKeys.Refused refused) {
      LOG.warn("{}:{}: {}; the line is skipped", file, refused.number(), refused.reason());
    }
  }

  private static @Nullable PublicKey keyOf(AuthorizedKeys.Line line) {
    return line instanceof AuthorizedKeys.Granted granted
        ? granted.key().key()
        : ((AuthorizedKeys.Refused) line).key();
  }

  private void add(AuthorizedKeys.Line line) {
    PublicKey key = keyOf(line);
    if (line instanceof AuthorizedKeys.Granted granted) {
      add(
          granted.key().key(),
          Optional.of(
              new Entry(identity(granted.key().key(), granted.key().comment()), granted.grants())));
    } else if (key != null) {
      add(key, Optional.empty());
    }
  }

  private void add(PublicKey key, Optional<Entry> line) {
    keys.computeIfAbsent(PublicKeyLine.fingerprint(key), id -> new ArrayList<>()).add(line);
  }

  private static Identity identity(PublicKey key, String comment) {
    String id = PublicKeyLine.fingerprint(key);
    String text = new String(comment.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    String shown = text.length() > DISPLAY ? text.substring(0, DISPLAY) + "…" : text;
    return new Identity(
        id, shown.isBlank() ? id.substring(0, SHORT_FINGERPRINT) : Untrusted.harmless(shown));
  }

  /** As sshd with StrictModes: who may write there could let himself in. */
  private static boolean isOpenToOthers(Path path) {
    try {
      if (KeyFiles.isWritableByOthers(path)) {
        LOG.warn("{} is skipped: others than its owner may write to it", path);
        return true;
      }
      return false;
    } catch (IOException e) {
      LOG.warn("{} is skipped: {}", path, reason(e));
      return true;
    }
  }

  private static String reason(IOException e) {
    return e instanceof NoSuchFileException
        ? "no such file"
        : e instanceof AccessDeniedException ? "permission denied" : String.valueOf(e.getMessage());
  }
}
