package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The page HTTP.md names tests that there are, and leaves out no line. */
class HttpPageTest {

  private static final Pattern NAMED = Pattern.compile("`(\\w+(?:Test|IT))\\.(\\w+)`");

  @Test
  void tests_thatAreNamed_exist() throws Exception {
    Map<String, String> sources = new TreeMap<>();
    for (Path module : new Path[] {Path.of("../common"), Path.of(".")}) {
      try (Stream<Path> files = Files.walk(module.resolve("src/test/java"))) {
        for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
          sources.merge(name(file), Files.readString(file), String::concat);
        }
      }
    }
    Matcher named = NAMED.matcher(page());
    int count = 0;
    while (named.find()) {
      assertThat(sources).containsKey(named.group(1));
      assertThat(sources.get(named.group(1)))
          .as(named.group())
          .containsPattern(
              "\\n  @\\w*Test\\b.*(\\n  [@ })].*)*\\n  void " + named.group(2) + "\\(");
      count++;
    }
    assertThat(count).isGreaterThan(100);
  }

  @Test
  void lines_areAllThere() throws Exception {
    Stream<String> breaks =
        IntStream.rangeClosed(1, 17).filter(line -> line != 15).mapToObj(line -> "E" + line);
    Stream<String> attacks =
        IntStream.concat(
                IntStream.of(1, 2, 10, 29),
                IntStream.concat(IntStream.rangeClosed(21, 27), IntStream.rangeClosed(30, 34)))
            .mapToObj(row -> "T" + row);
    String page = page();
    assertThat(Stream.concat(breaks, attacks))
        .allSatisfy(line ->
            assertThat(page).containsPattern("\\n\\| " + line + " \\|.*`\\w+\\.\\w+`.*\\|\\n"));
  }

  private static String name(Path file) {
    String name = String.valueOf(file.getFileName());
    return name.substring(0, name.length() - ".java".length());
  }

  private static String page() throws IOException {
    return Files.readString(Path.of("HTTP.md"));
  }
}
