package relay.server.tunnel;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;

/** Writes files (0600) so that a reader, and a crash, see the old one or the new one. Blocking. */
final class FreshFile {

  private FreshFile() {}

  /**
   * Puts a file in the place of another, or of none, and brings it to the disk.
   *
   * @return the file, open for writing, at its end
   * @throws IOException where it fails; the old file then stands
   */
  static FileChannel write(Path file, List<ByteBuffer> contents) throws IOException {
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    Files.deleteIfExists(fresh); // left by a crash
    FileChannel channel =
        FileChannel.open(
            fresh,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    boolean done = false;
    try (FileChannel directory =
        FileChannel.open(file.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
      for (ByteBuffer content : contents) {
        while (content.hasRemaining()) {
          channel.write(content);
        }
      }
      channel.force(true);
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
      directory.force(true);
      done = true;
      return channel;
    } finally {
      if (!done) {
        channel.close();
        Files.deleteIfExists(fresh);
      }
    }
  }
}
