package relay.common.ssh;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import javax.security.auth.login.FailedLoginException;
import org.apache.sshd.common.config.keys.writer.openssh.OpenSSHKeyPairResourceWriter;
import org.apache.sshd.common.util.io.resource.PathResource;
import org.apache.sshd.common.util.security.SecurityUtils;
import org.jspecify.annotations.Nullable;

/** Private keys in files, with their {@code .pub} beside them. Blocking: for start-up. */
public final class KeyFiles {

  /** What ssh tries by itself in {@code ~/.ssh}, in our order: the cheapest first. */
  private static final List<String> IDENTITIES = List.of("id_ed25519", "id_ecdsa", "id_rsa");

  /** Their private part is in a device, which only ssh and its agent can ask. */
  private static final List<String> DEVICE_IDENTITIES = List.of("id_ed25519_sk", "id_ecdsa_sk");

  private static final int MAX_SIZE = 1 << 20;

  static {
    EdwardsCurves.register();
  }

  private KeyFiles() {}

  /** Asks a person for the passphrase of an encrypted key. */
  @FunctionalInterface
  public interface Passphrase {
    Passphrase NONE = (file, attempt) -> null;

    /**
     * Asks once.
     *
     * @param attempt 0, then 1 and 2 where what was given before was wrong
     * @return null to go on without this key
     */
    @Nullable String ask(Path file, int attempt);
  }

  /** The private keys that ssh would try by itself and that we can read, where they exist. */
  public static List<Path> identities(Path sshDirectory) {
    return existing(sshDirectory, IDENTITIES);
  }

  /** As {@link #identities}, with those that live in a device. */
  public static List<Path> identitiesOfSsh(Path sshDirectory) {
    List<Path> all = new ArrayList<>(identities(sshDirectory));
    all.addAll(existing(sshDirectory, DEVICE_IDENTITIES));
    return List.copyOf(all);
  }

  /**
   * Reads a private key in OpenSSH or PEM format.
   *
   * @throws KeyFileException where it is missing, broken, readable by others, of a kind not known,
   *     or encrypted without the right passphrase
   */
  public static KeyPair read(Path file, Passphrase passphrase) throws KeyFileException {
    byte[] text = readPrivately(file);
    try {
      var tries = new PassphraseTries(file, passphrase);
      var in = new ByteArrayInputStream(EncryptedPkcs8.opened(text, tries));
      return only(
          file, SecurityUtils.loadKeyPairIdentities(null, new PathResource(file), in, tries));
    } catch (KeyFileException e) {
      throw e;
    } catch (FailedLoginException e) {
      throw new KeyFileException(file + " is encrypted, and its passphrase is not known", e);
    } catch (IOException | GeneralSecurityException | RuntimeException e) {
      throw new KeyFileException(file + " is no private key that can be read: " + reason(e), e);
    }
  }

  /**
   * Reads a private key that is not encrypted, or makes an Ed25519 one where the file is missing:
   * in OpenSSH format, mode 0600, written whole; {@code .pub} beside it.
   */
  public static KeyPair readOrMake(Path file, String comment) throws KeyFileException {
    KeyPair pair;
    if (Files.exists(file)) {
      pair = read(file, Passphrase.NONE);
    } else {
      pair = EdwardsCurves.newEd25519();
      write(file, pair, comment);
    }
    String line = PublicKeyLine.format(pair.getPublic(), comment) + "\n";
    Path pub = pub(file);
    try {
      if (!Files.exists(pub) || !publicKey(pub).map(pair.getPublic()::equals).orElse(false)) {
        WholeFile.write(pub, line.getBytes(StandardCharsets.UTF_8), "rw-r--r--");
      }
    } catch (IOException e) {
      throw new KeyFileException(pub + " cannot be written: " + reason(e), e);
    }
    return pair;
  }

  /**
   * The public part of a private key file, without a passphrase: from the {@code .pub} beside it
   * (as ssh does), else from the file; empty where neither tells it.
   */
  public static Optional<PublicKey> publicKeyOf(Path privateFile) {
    Optional<PublicKey> beside = publicKey(pub(privateFile));
    if (beside.isPresent()) {
      return beside;
    }
    try {
      return OpenSshPrivateKey.publicKey(readPrivately(privateFile))
          .or(() -> unencrypted(privateFile));
    } catch (KeyFileException e) {
      return Optional.empty();
    }
  }

  /** Whether others than the owner may write, which sshd does not trust (StrictModes). */
  public static boolean isWritableByOthers(Path path) throws IOException {
    return WholeFile.isWritableByOthers(path);
  }

  static Path pub(Path privateFile) {
    return privateFile.resolveSibling(privateFile.getFileName() + ".pub");
  }

  private static List<Path> existing(Path directory, List<String> names) {
    return names.stream().map(directory::resolve).filter(Files::isReadable).toList();
  }

  private static byte[] readPrivately(Path file) throws KeyFileException {
    try {
      if (!Files.isRegularFile(file)) {
        throw new KeyFileException(file + " does not exist, or is no file");
      }
      if (Files.size(file) > MAX_SIZE) {
        throw new KeyFileException(file + " is too long for a private key");
      }
      WholeFile.requirePrivate(file);
      return Files.readAllBytes(file);
    } catch (KeyFileException e) {
      throw e;
    } catch (IOException e) {
      throw new KeyFileException(file + " cannot be read: " + reason(e), e);
    }
  }

  private static KeyPair only(Path file, @Nullable Iterable<KeyPair> found)
      throws KeyFileException {
    Iterator<KeyPair> pairs = found == null ? Collections.emptyIterator() : found.iterator();
    if (!pairs.hasNext()) {
      throw new KeyFileException(file + " holds no private key in OpenSSH or PEM format");
    }
    return pairs.next();
  }

  private static void write(Path file, KeyPair pair, String comment) throws KeyFileException {
    try {
      var text = new ByteArrayOutputStream();
      OpenSSHKeyPairResourceWriter.INSTANCE.writePrivateKey(pair, comment, null, text);
      WholeFile.makeDirectoryOf(file);
      WholeFile.write(file, text.toByteArray(), "rw-------");
    } catch (IOException | GeneralSecurityException e) {
      throw new KeyFileException(file + " cannot be written: " + reason(e), e);
    }
  }

  /** The key of a {@code .pub} file: its first line that is one. */
  static Optional<PublicKey> publicKey(Path pub) {
    try {
      for (String line : Files.readString(pub, StandardCharsets.ISO_8859_1).lines().toList()) {
        if (!line.isBlank() && !line.startsWith("#")) {
          return Optional.of(PublicKeyLine.parse(line).key());
        }
      }
      return Optional.empty();
    } catch (IOException | InvalidPublicKey e) {
      return Optional.empty();
    }
  }

  static String reason(Exception e) {
    return e instanceof NoSuchFileException
        ? "no such file"
        : e instanceof AccessDeniedException ? "permission denied" : String.valueOf(e.getMessage());
  }

  private static Optional<PublicKey> unencrypted(Path privateFile) {
    try {
      return Optional.of(read(privateFile, Passphrase.NONE).getPublic());
    } catch (KeyFileException e) {
      return Optional.empty();
    }
  }
}
