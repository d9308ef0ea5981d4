package relay.common.ssh;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** Who may read and write the files that ssh keeps, and the directory that they are in. */
final class FileModes {

  private FileModes() {}

  /** Makes the directory of a file, which only its owner may enter, where there is none yet. */
  static void makeDirectoryOf(Path file) throws IOException {
    Path directory = file.toAbsolutePath().getParent();
    if (directory != null && !Files.isDirectory(directory)) {
      Files.createDirectories(directory, mode("rwx------"));
    }
  }

  /** As ssh: a private key that others may read or write is not used. */
  static void requirePrivate(Path file) throws IOException {
    Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
    String mode = PosixFilePermissions.toString(permissions);
    if (!mode.endsWith("------")) {
      throw new KeyFileException(
          file + " is open to others (" + mode + "): a private key is the owner's only, mode 0600");
    }
  }

  /** Whether others than the owner may write, which sshd takes for a broken trust (StrictModes). */
  static boolean isWritableByOthers(Path path) throws IOException {
    Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(path);
    return permissions.contains(PosixFilePermission.GROUP_WRITE)
        || permissions.contains(PosixFilePermission.OTHERS_WRITE);
  }

  static FileAttribute<Set<PosixFilePermission>> mode(String mode) {
    return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(mode));
  }
}
