package relay.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the README tells users to write, so that a test finds out whether it works. */
final class Readme {

  private static final Path FILE = Path.of("..", "README.md");

  private Readme() {}

  /** The block that begins with {@code ```language}. */
  static String block(String language) {
    try {
      Matcher matcher =
          Pattern.compile("^```" + language + "\n(.*?)^```$", Pattern.DOTALL | Pattern.MULTILINE)
              .matcher(Files.readString(FILE));
      if (!matcher.find()) {
        throw new AssertionError("no block of " + language + " in " + FILE);
      }
      return matcher.group(1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
