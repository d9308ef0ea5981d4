package relay.common.http;

import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The files in {@code seeds}: what a visitor sends, behind one octet that says in how large pieces
 * ({@link OneReading#check}). What fuzzing found goes there too.
 */
final class Seeds {

  private Seeds() {}

  static Stream<byte[]> all() throws IOException, URISyntaxException {
    List<byte[]> seeds = new ArrayList<>();
    URL directory = Seeds.class.getResource("seeds");
    if (directory == null) {
      throw new IllegalStateException("no seeds beside " + Seeds.class);
    }
    try (Stream<Path> files = Files.list(Path.of(directory.toURI()))) {
      for (Path file : files.sorted().toList()) {
        seeds.add(Files.readAllBytes(file));
      }
    }
    return seeds.stream();
  }
}
