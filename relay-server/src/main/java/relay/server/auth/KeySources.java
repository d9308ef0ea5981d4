package relay.server.auth;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import relay.common.ssh.KeyFiles;

/**
 * The files that say who is let in: those of {@code --authorized-keys}, or else the own keys of who
 * runs the relay. Blocking.
 */
public final class KeySources {

  private static final Logger LOG = LoggerFactory.getLogger(KeySources.class);

  private final PublicKey first;
  private final @Nullable Path sshDirectory;
  private final List<Path> named;
  private final List<Path> revoked;
  private final @Nullable AskedKeys asked;

  /**
   * @param first is let in always
   * @param sshDirectory {@code ~/.ssh} of whoever runs the relay, or null where there is no home
   * @param named the files and directories of {@code --authorized-keys}; where there are any, the
   *     keys of {@code sshDirectory} do not count
   * @param revoked the files of {@code ssh.revoked-keys}
   * @param asked who knows of further keys
   */
  public KeySources(
      FirstKey first,
      @Nullable Path sshDirectory,
      List<Path> named,
      List<Path> revoked,
      @Nullable AskedKeys asked) {
    this.asked = asked;
    this.revoked = List.copyOf(revoked);
    this.first = first.key();
    this.sshDirectory = sshDirectory;
    this.named = List.copyOf(named);
  }

  /**
   * Reads who is let in.
   *
   * @throws AuthorizedKeysException where a named file, or a list of what is revoked, has a line
   *     that cannot be honoured
   */
  KeyRing read() throws AuthorizedKeysException {
    KeyRing.Draft ring = new KeyRing.Draft();
    if (!named.isEmpty()) {
      for (Path file : namedFiles()) {
        addNamed(ring, file);
      }
    } else if (sshDirectory != null && Files.isDirectory(sshDirectory)) {
      addOwn(ring, sshDirectory);
    }
    if (!ring.mentions(first)) {
      ring.add(first, FirstKey.COMMENT, Grants.ALL);
    }
    return ring.ring(Revocations.read(revoked), asked);
  }

  /** How all the files look: another text where one of them may have changed. */
  String look() {
    List<Path> all = new ArrayList<>(named);
    all.addAll(revoked);
    if (named.isEmpty() && sshDirectory != null) {
      all.add(sshDirectory);
      all.add(sshDirectory.resolve("authorized_keys"));
    }
    try {
      all.addAll(named.isEmpty() ? pubFiles() : namedFiles());
    } catch (IOException e) {
      return e.toString();
    }
    return all.stream().map(file -> file + " " + Look.at(file)).collect(Collectors.joining("\n"));
  }

  /** The named files, and in the place of a named directory the files in it, by name. */
  private List<Path> namedFiles() throws AuthorizedKeysException {
    List<Path> files = new ArrayList<>();
    for (Path path : named) {
      if (!Files.isDirectory(path)) {
        files.add(path);
        continue;
      }
      try {
        files.addAll(filesIn(path, KeySources::isMeant));
      } catch (IOException e) {
        throw new AuthorizedKeysException(path + ": " + reason(e));
      }
    }
    return files;
  }

  private List<Path> pubFiles() throws IOException {
    return sshDirectory == null || !Files.isDirectory(sshDirectory)
        ? List.of()
        : filesIn(
            sshDirectory,
            file -> file.toString().endsWith(".pub") && !file.toString().endsWith("-cert.pub"));
  }

  private static List<Path> filesIn(Path directory, DirectoryStream.Filter<Path> filter)
      throws IOException {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, filter)) {
      files.forEach(found::add);
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    Collections.sort(found);
    return found;
  }

  /** Not what editors and mounts leave beside the files: a key that was taken out stands there. */
  private static boolean isMeant(Path file) {
    String name = file.getFileName().toString();
    return !name.startsWith(".")
        && !name.startsWith("#")
        && !name.endsWith("~")
        && !Files.isDirectory(file);
  }

  private static void addNamed(KeyRing.Draft ring, Path file) throws AuthorizedKeysException {
    try {
      for (AuthorizedKeys.Line line : AuthorizedKeys.read(file).lines()) {
        if (line instanceof AuthorizedKeys.Refused refused) {
          throw new AuthorizedKeysException(
              file + ":" + refused.number() + ": " + refused.reason());
        }
        ring.add(line);
      }
    } catch (AuthorizedKeysException e) {
      throw e;
    } catch (IOException e) {
      throw new AuthorizedKeysException(file + ": " + reason(e));
    }
  }

  private void addOwn(KeyRing.Draft ring, Path directory) {
    if (isOpenToOthers(directory)) {
      return;
    }
    Path file = directory.resolve("authorized_keys");
    if (Files.exists(file)) {
      if (isOpenToOthers(file)) {
        return; // it may limit the keys that lie beside it
      }
      try {
        for (AuthorizedKeys.Line line : AuthorizedKeys.read(file).lines()) {
          tellRefused(file, line);
          ring.add(line);
        }
      } catch (IOException e) {
        LOG.warn("{} is skipped, and so are the keys beside it: {}", file, reason(e));
        return;
      }
    }
    try {
      for (Path pub : pubFiles()) {
        if (!isOpenToOthers(pub)) {
          addPub(ring, pub);
        }
      }
    } catch (IOException e) {
      LOG.warn("{} is skipped: {}", directory, reason(e));
    }
  }

  /** A {@code .pub} has one key and no options; options would be somebody's restriction. */
  private static void addPub(KeyRing.Draft ring, Path pub) {
    try {
      String text = Files.readString(pub, StandardCharsets.ISO_8859_1);
      for (AuthorizedKeys.Line line :
          AuthorizedKeys.parse(text).lines().stream().limit(1).toList()) {
        tellRefused(pub, line);
        PublicKey key = line.publicKey();
        if (key != null && !ring.mentions(key)) {
          ring.add(line);
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

  static String reason(IOException e) {
    return e instanceof NoSuchFileException
        ? "no such file"
        : e instanceof AccessDeniedException ? "permission denied" : String.valueOf(e.getMessage());
  }
}
