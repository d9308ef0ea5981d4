package relay.server;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.InvalidValue;
import relay.common.endpoint.Untrusted;

/** The data directory, held by this process alone until it is closed. */
final class DataDir implements AutoCloseable {

  private final Path path;
  private final FileChannel lock;
  private final List<Closeable> open = new ArrayList<>();

  private DataDir(Path path, FileChannel lock) {
    this.path = path;
    this.lock = lock;
  }

  /** Makes the directory (0700) where there is none, and takes it. */
  static DataDir take(Path path) throws StartFailure {
    DataDir taken = tryToTake(path);
    if (taken == null) {
      throw new StartFailure(
          line(path, "another relay-server uses it, expected a directory of its own"));
    }
    return taken;
  }

  /** As {@link #take}; null where a server has it. */
  static @Nullable DataDir tryToTake(Path path) throws StartFailure {
    try {
      create(path);
      FileChannel lock =
          FileChannel.open(
              path.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (tryLock(lock) == null) {
        lock.close();
        return null;
      }
      return new DataDir(path, lock);
    } catch (IOException e) {
      throw new StartFailure(
          line(path, Untrusted.harmless(reason(e)) + ", expected a directory to write to"), e);
    }
  }

  Path path() {
    return path;
  }

  Path runFile() {
    return path.resolve("run.json");
  }

  /** Something in the directory, to be closed before others may take it, the last first. */
  <T extends Closeable> T closing(T thing) {
    open.add(thing);
    return thing;
  }

  /** Lets others take the directory. Blocking. */
  @Override
  public void close() throws IOException {
    try {
      for (int i = open.size() - 1; i >= 0; i--) {
        open.get(i).close();
      }
    } finally {
      lock.close();
    }
  }

  private static void create(Path path) throws IOException {
    if (Files.isDirectory(path)) {
      return;
    }
    Path parent = path.toAbsolutePath().getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    Files.createDirectory(
        path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null; // this very process holds it
    }
  }

  static String line(Path path, String text) {
    return "data-dir: '" + InvalidValue.shown(path.toString()) + "': " + text;
  }

  private static String reason(IOException e) {
    if (e instanceof FileAlreadyExistsException) {
      return "not a directory";
    } else if (e instanceof AccessDeniedException) {
      return "permission denied";
    } else if (e instanceof FileSystemException files) {
      return files.getReason() == null ? "it cannot be made" : files.getReason();
    }
    return String.valueOf(e.getMessage());
  }
}
