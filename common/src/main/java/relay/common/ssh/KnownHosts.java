package relay.common.ssh;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.apache.sshd.client.config.hosts.KnownHostDigest;
import org.apache.sshd.client.config.hosts.KnownHostHashValue;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.jspecify.annotations.Nullable;

/**
 * The host keys that a user has accepted, read as ssh does (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT).
 * Immutable; {@link #append} changes the file only. Blocking.
 */
public final class KnownHosts {

  private static final int SSH_PORT = 22;
  private static final int SALT = 20;

  private final List<KnownHostLine> lines;

  private KnownHosts(List<KnownHostLine> lines) {
    this.lines = lines;
  }

  /** What the files say about a host's key. */
  public sealed interface Verdict {
    /** The key is on a line for that host. */
    record Known() implements Verdict {}

    /** No line is about that host. */
    record Unknown() implements Verdict {}

    /** Lines are about that host, with other keys; this one is meant by "offending key in". */
    record Changed(Path file, int line, String type) implements Verdict {}

    /** A line says {@code @revoked}: never connect. */
    record Revoked(Path file, int line) implements Verdict {}
  }

  /**
   * Reads the files that exist, in order. Lines that are broken are passed over, as ssh does.
   *
   * @throws IOException where one exists and cannot be read
   */
  public static KnownHosts read(List<Path> files) throws IOException {
    List<KnownHostLine> lines = new ArrayList<>();
    for (Path file : files) {
      if (Files.exists(file)) {
        int number = 0;
        for (String text : Files.readString(file, StandardCharsets.ISO_8859_1).split("\n", -1)) {
          KnownHostLine line = KnownHostLine.parse(text, file, ++number);
          if (line != null) {
            lines.add(line);
          }
        }
      }
    }
    return new KnownHosts(List.copyOf(lines));
  }

  /**
   * Judges a host's key. A host on another port than 22 that is not known with its port counts as
   * known where the same key is known without, as in ssh.
   *
   * @param host the name or address that the user gave
   */
  public Verdict check(String host, int port, PublicKey key) {
    String base64 = Base64.getEncoder().encodeToString(PublicKeyLine.blob(key));
    String name = host.toLowerCase(Locale.ROOT);
    Verdict verdict = verdict(name, port, base64, KeyUtils.getKeyType(key));
    if (verdict instanceof Verdict.Unknown && port != SSH_PORT) {
      Verdict portless = verdict(name, SSH_PORT, base64, KeyUtils.getKeyType(key));
      if (!(portless instanceof Verdict.Changed)) {
        return portless;
      }
    }
    return verdict;
  }

  /**
   * Adds a line for a host's key. The file is made if it is missing (mode 0600), and the name is
   * hashed where the file has hashed names already. One write: lines of others are never torn.
   */
  public static void append(Path file, String host, int port, PublicKey key) throws IOException {
    String name = host.toLowerCase(Locale.ROOT);
    boolean hashed = read(List.of(file)).lines.stream().anyMatch(KnownHostLine::isHashed);
    String line =
        (hashed ? hash(name, port) : KnownHostHashValue.createHostPattern(name, port))
            + " "
            + PublicKeyLine.format(key, "")
            + "\n";
    WholeFile.makeDirectoryOf(file);
    boolean open = endsWithinLine(file);
    try (FileChannel out =
        FileChannel.open(
            file,
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.APPEND),
            WholeFile.mode("rw-------"))) {
      out.write(StandardCharsets.ISO_8859_1.encode(open ? "\n" + line : line));
      out.force(true);
    }
  }

  /**
   * The types of the keys that are known for a host, as {@code ssh-ed25519}: a client asks for one
   * of these first, else a server with several keys may show one that nobody has seen.
   */
  public Set<String> types(String host, int port) {
    String name = host.toLowerCase(Locale.ROOT);
    Set<String> types = typesOf(name, port);
    return types.isEmpty() ? typesOf(name, SSH_PORT) : types;
  }

  private Set<String> typesOf(String host, int port) {
    Set<String> types = new HashSet<>();
    for (KnownHostLine line : lines) {
      if (line.marker().isEmpty() && line.matches(host, port)) {
        types.add(line.type());
      }
    }
    return types;
  }

  private Verdict verdict(String host, int port, String key, String type) {
    boolean known = false;
    @Nullable KnownHostLine other = null;
    for (KnownHostLine line : lines) {
      if (line.marker().equals(KnownHostLine.CERT_AUTHORITY) || !line.matches(host, port)) {
        continue;
      }
      boolean same = line.key().equals(key);
      if (line.marker().equals(KnownHostLine.REVOKED)) {
        if (same) {
          return new Verdict.Revoked(line.file(), line.number());
        }
      } else if (same) {
        known = true;
      } else if (other == null || (!other.type().equals(type) && line.type().equals(type))) {
        other = line;
      }
    }
    if (known) {
      return new Verdict.Known();
    }
    return other == null
        ? new Verdict.Unknown()
        : new Verdict.Changed(other.file(), other.number(), other.type());
  }

  private static String hash(String host, int port) throws IOException {
    byte[] salt = new byte[SALT];
    new SecureRandom().nextBytes(salt);
    try {
      byte[] digest = KnownHostHashValue.calculateHashValue(host, port, KnownHostDigest.SHA1, salt);
      return KnownHostHashValue.append(new StringBuilder(), KnownHostDigest.SHA1, salt, digest)
          .toString();
    } catch (IOException e) {
      throw e;
    } catch (Exception e) { // as MINA declares it
      throw new IOException("cannot hash the name of " + host, e);
    }
  }

  private static boolean endsWithinLine(Path file) throws IOException {
    if (!Files.exists(file) || Files.size(file) == 0) {
      return false;
    }
    try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
      ByteBuffer last = ByteBuffer.allocate(1);
      return in.read(last, in.size() - 1) == 1 && last.get(0) != '\n';
    }
  }
}
