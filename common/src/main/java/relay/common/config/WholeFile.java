package relay.common.config;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Writes a file so that a reader, and a crash, see the old content or the new one, never a part.
 */
public final class WholeFile {

  private static final String OWNER_ONLY = "rw-------";

  private WholeFile() {}

  /** As {@link #write(Path, byte[], String)}, for a file that belongs to its writer alone. */
  public static void write(Path file, byte[] content) throws IOException {
    write(file, content, OWNER_ONLY);
  }

  /**
   * Replaces the content of {@code file}. Blocks on the disk: not for an event loop.
   *
   * @param mode as {@code ls} shows it, {@code rw-r--r--}; the umask may take from it
   * @throws IOException where it fails; the old content then stands
   */
  public static void write(Path file, byte[] content, String mode) throws IOException {
    Path directory = file.toAbsolutePath().getParent();
    Path temporary =
        Files.createTempFile(
            directory,
            "." + file.getFileName(),
            ".new",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(mode)));
    try {
      try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
        ByteBuffer rest = ByteBuffer.wrap(content);
        while (rest.hasRemaining()) {
          channel.write(rest);
        }
        channel.force(true);
      }
      replace(temporary, file);
    } finally {
      Files.deleteIfExists(temporary);
    }
    try (FileChannel entry = FileChannel.open(directory, StandardOpenOption.READ)) {
      entry.force(true);
    }
  }

  private static void replace(Path temporary, Path file) throws IOException {
    try {
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      throw new IOException(file + " cannot be replaced in one step", e);
    }
  }
}
