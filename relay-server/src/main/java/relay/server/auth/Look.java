package relay.server.auth;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;

/** How a file looks from outside. A link is followed, so that one which moves on is a change. */
final class Look {

  private Look() {}

  /** Another text where the file may have changed: its content, its place or its mode. Blocking. */
  static String at(Path file) {
    try {
      BasicFileAttributes seen = Files.readAttributes(file, BasicFileAttributes.class);
      return seen.lastModifiedTime() + " " + seen.size() + " " + seen.fileKey() + " " + mode(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** With the time of the inode's last change, which nobody can set, where the system has one. */
  private static Map<String, Object> mode(Path file) throws IOException {
    return file.getFileSystem().supportedFileAttributeViews().contains("unix")
        ? Files.readAttributes(file, "unix:ctime,mode", new LinkOption[0])
        : Map.of();
  }
}
