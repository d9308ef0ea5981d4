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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The pages HTTP.md and SSH.md name tests that there are, and leave out no line. */
class PagesTest {

  private static final Pattern NAMED = Pattern.compile("`(\\w+(?:Test|IT))\\.(\\w+)`");

  @ParameterizedTest
  @CsvSource({"HTTP.md, 100", "SSH.md, 80"})
  void tests_thatAreNamed_exist(String page, int atLeast) throws Exception {
    Map<String, String> sources = new TreeMap<>();
    for (Path module : new Path[] {Path.of("../common"), Path.of(".")}) {
      try (Stream<Path> files = Files.walk(module.resolve("src/test/java"))) {
        for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
          sources.merge(name(file), Files.readString(file), String::concat);
        }
      }
    }
    Matcher named = NAMED.matcher(page(page));
    int count = 0;
    while (named.find()) {
      assertThat(sources).containsKey(named.group(1));
      assertThat(sources.get(named.group(1)))
          .as(named.group())
          .containsPattern(
              "\\n +@\\w*Test\\b.*(\\n +[@ })].*)*\\n +void " + named.group(2) + "\\(");
      count++;
    }
    assertThat(count).isGreaterThan(atLeast);
  }

  @Test
  void linesOfHttp_areAllThere() throws Exception {
    Stream<String> breaks =
        IntStream.rangeClosed(1, 17).filter(line -> line != 15).mapToObj(line -> "E" + line);
    Stream<String> attacks =
        IntStream.concat(
                IntStream.of(1, 2, 10, 29),
                IntStream.concat(IntStream.rangeClosed(21, 27), IntStream.rangeClosed(30, 34)))
            .mapToObj(row -> "T" + row);
    assertLines(page("HTTP.md"), Stream.concat(breaks, attacks));
  }

  @Test
  void linesOfSsh_areAllThere() throws Exception {
    Stream<String> forwards = IntStream.rangeClosed(1, 7).mapToObj(line -> "R" + line);
    Stream<String> tutorials = IntStream.rangeClosed(1, 18).mapToObj(line -> "U" + line);
    Stream<String> attacks = IntStream.rangeClosed(3, 20).mapToObj(row -> "T" + row);
    assertLines(page("SSH.md"), Stream.of(forwards, tutorials, attacks).flatMap(one -> one));
  }

  private static void assertLines(String page, Stream<String> lines) {
    assertThat(lines)
        .allSatisfy(line ->
            assertThat(page).containsPattern("\\n\\| " + line + " \\|.*`\\w+\\.\\w+`.*\\|\\n"));
  }

  private static String name(Path file) {
    String name = String.valueOf(file.getFileName());
    return name.substring(0, name.length() - ".java".length());
  }

  private static String page(String name) throws IOException {
    return Files.readString(Path.of(name));
  }
}
