package relay.server.tunnel;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file of lines to which lines are added. Each has a checksum, and is on the disk when {@link
 * #append} returns, whole or not at all: what a crash left of the last one is cut off when the file
 * is opened. A line that cannot be read before one that can is damage, and nothing is opened.
 *
 * <p>Blocking. Not thread-safe.
 */
final class Journal implements Closeable {

  private static final Logger LOG = LoggerFactory.getLogger(Journal.class);

  private static final String HEADER = "relay-names 1\n";
  private static final int CHECKSUM = 8;

  private final Path file;
  private final List<String> found;
  private FileChannel channel;

  /** Where the last whole line ends. */
  private long end;

  /** Something may stand behind {@link #end}. */
  private boolean tail;

  /** The system failed to bring to the disk what it had taken: what is there is not known. */
  private boolean unsure;

  private Journal(Path file, List<String> found, FileChannel channel, long end) {
    this.file = file;
    this.found = found;
    this.channel = channel;
    this.end = end;
  }

  /**
   * Opens the file, or makes it (0600).
   *
   * @throws IOException where it cannot be opened, or is damaged; the message names it
   */
  static Journal open(Path file) throws IOException {
    if (!Files.exists(file)) {
      write(file, List.of()).close();
    }
    byte[] bytes = Files.readAllBytes(file);
    List<String> lines = new ArrayList<>();
    int end = read(file, bytes, lines);
    FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
    try {
      if (end < bytes.length) {
        LOG.warn(
            "{}: {} bytes of a line that was not finished are cut off", file, bytes.length - end);
        channel.truncate(end);
        channel.force(true);
      }
      return new Journal(file, lines, channel, end);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  /** The lines that were there when it was opened. */
  List<String> found() {
    return found;
  }

  /** In bytes. */
  long size() {
    return end;
  }

  /** Whether {@link #replace} is the only way to go on. */
  boolean unsure() {
    return unsure;
  }

  /**
   * Adds a line.
   *
   * @throws IOException where it is not on the disk, now or after a crash
   */
  void append(String content) throws IOException {
    if (unsure) {
      throw new IOException(file + " was not brought to the disk");
    }
    if (tail) {
      cut();
    }
    ByteBuffer line = line(content);
    int length = line.remaining();
    tail = true;
    try {
      while (line.hasRemaining()) {
        channel.write(line, end + length - line.remaining());
      }
    } catch (IOException e) {
      tryToCut();
      throw e;
    }
    force();
    end += length;
    tail = false;
  }

  private void force() throws IOException {
    try {
      channel.force(true);
    } catch (IOException e) {
      unsure = true;
      throw e;
    }
  }

  private void cut() throws IOException {
    channel.truncate(end);
    force();
    tail = false;
  }

  /** The room is wanted for others too; if it fails, the next line tries again. */
  private void tryToCut() {
    try {
      cut();
    } catch (IOException e) {
      LOG.debug("{} is not cut back: {}", file, e.toString());
    }
  }

  /**
   * Makes these the only lines.
   *
   * @throws IOException where it fails; then only another call leads on
   */
  void replace(List<String> contents) throws IOException {
    FileChannel fresh;
    try {
      fresh = write(file, contents);
    } catch (IOException e) {
      unsure = true; // whether the name leads to the old file or to the new one
      throw e;
    }
    try {
      channel.close();
    } finally {
      channel = fresh;
      end = fresh.size();
      tail = false;
      unsure = false;
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  private static FileChannel write(Path file, List<String> contents) throws IOException {
    List<ByteBuffer> lines = new ArrayList<>();
    lines.add(ByteBuffer.wrap(HEADER.getBytes(StandardCharsets.US_ASCII)));
    contents.forEach(content -> lines.add(line(content)));
    return FreshFile.write(file, lines);
  }

  private static ByteBuffer line(String content) {
    if (content.indexOf('\n') >= 0) {
      throw new IllegalArgumentException("more than a line");
    }
    byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(CHECKSUM + 1 + bytes.length + 1)
        .put(checksum(bytes, 0, bytes.length).getBytes(StandardCharsets.US_ASCII))
        .put((byte) ' ')
        .put(bytes)
        .put((byte) '\n')
        .flip();
  }

  private static String checksum(byte[] bytes, int start, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, start, length);
    return HexFormat.of().toHexDigits((int) crc.getValue());
  }

  /** Gives where the last whole line ends. */
  private static int read(Path file, byte[] bytes, List<String> into) throws IOException {
    int start = HEADER.length();
    if (bytes.length < start
        || !new String(bytes, 0, start, StandardCharsets.US_ASCII).equals(HEADER)) {
      throw new IOException(file + ":1: expected '" + HEADER.strip() + "'");
    }
    int end = start;
    int bad = 0;
    for (int number = 2; start < bytes.length; number++) {
      int newline = start;
      while (newline < bytes.length && bytes[newline] != '\n') {
        newline++;
      }
      if (newline < bytes.length && isWhole(bytes, start, newline)) {
        if (bad > 0) {
          throw new IOException(
              file
                  + ":"
                  + bad
                  + ": the line is damaged, expected one as it was written;"
                  + " restore the file, or take the line out if its names may be lost");
        }
        int content = start + CHECKSUM + 1;
        into.add(new String(bytes, content, newline - content, StandardCharsets.UTF_8));
        end = newline + 1;
      } else if (bad == 0) {
        bad = number;
      }
      start = newline + 1;
    }
    return end;
  }

  private static boolean isWhole(byte[] bytes, int start, int newline) {
    int content = start + CHECKSUM + 1;
    return content <= newline
        && bytes[content - 1] == ' '
        && checksum(bytes, content, newline - content)
            .equals(new String(bytes, start, CHECKSUM, StandardCharsets.US_ASCII));
  }
}
