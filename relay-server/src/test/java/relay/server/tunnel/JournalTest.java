package relay.server.tunnel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.NotEmpty;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JournalTest {

  @TempDir Path dir;

  private List<String> reopened() throws IOException {
    try (Journal journal = Journal.open(dir.resolve("names"))) {
      return journal.found();
    }
  }

  private void append(String... lines) throws IOException {
    try (Journal journal = Journal.open(dir.resolve("names"))) {
      for (String line : lines) {
        journal.append(line);
      }
    }
  }

  @Test
  void lines_areThere_whenItIsOpenedAgain() throws Exception {
    append("[1]", "", "[\"ü\"]");
    append("[2]");
    assertThat(reopened()).containsExactly("[1]", "", "[\"ü\"]", "[2]");
  }

  @Test
  void replace_leavesTheseLines_andGoesOn() throws Exception {
    try (Journal journal = Journal.open(dir.resolve("names"))) {
      journal.append("a");
      journal.append("b");
      journal.replace(List.of("c"));
      journal.append("d");
      assertThat(journal.size()).isEqualTo(Files.size(dir.resolve("names")));
    }
    assertThat(reopened()).containsExactly("c", "d");
    assertThat(dir).isDirectoryNotContaining("glob:**.new");
  }

  @Test
  void replaceThatFails_leavesTheOldLines_andNoneIsAddedUntilOneSucceeds() throws Exception {
    Path blocked = dir.resolve("names.new").resolve("x");
    try (Journal journal = Journal.open(dir.resolve("names"))) {
      journal.append("a");
      Files.createDirectories(blocked);
      assertThatThrownBy(() -> journal.replace(List.of("b"))).isInstanceOf(IOException.class);
      assertThat(journal.unsure()).isTrue();
      assertThatThrownBy(() -> journal.append("c"))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("was not brought to the disk");
      assertThat(reopened()).containsExactly("a");

      Files.delete(blocked);
      Files.delete(blocked.getParent());
      journal.replace(List.of("b"));
      journal.append("c");
      assertThat(journal.unsure()).isFalse();
    }
    assertThat(reopened()).containsExactly("b", "c");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "12345678 no newline", "\0\0\0\0", "00000000 [3]\n", "x\ny\nz\n\n"})
  void tailThatWasNotFinished_isCutOff(String tail) throws Exception {
    append("[1]", "[2]");
    Path file = dir.resolve("names");
    long whole = Files.size(file);
    Files.writeString(file, tail, StandardOpenOption.APPEND);
    assertThat(reopened()).containsExactly("[1]", "[2]");
    assertThat(Files.size(file)).isEqualTo(whole);
    append("[3]");
    assertThat(reopened()).containsExactly("[1]", "[2]", "[3]");
  }

  @Test
  void damageBeforeAWholeLine_isNamed_andNothingIsChanged() throws Exception {
    append("[1]", "[2]", "[3]");
    Path file = dir.resolve("names");
    String damaged = Files.readString(file).replace("[2]", "[5]");
    Files.writeString(file, damaged);
    assertThatThrownBy(this::reopened)
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(file + ":3: the line is damaged, expected ");
    assertThat(file).hasContent(damaged);
  }

  /** A crash leaves as much of the last write as it likes. */
  @Property(tries = 200)
  void cutAnywhere_whatIsLeftIsABeginning(
      @ForAll @Size(max = 6) List<@NotEmpty @StringLength(max = 40) String> texts,
      @ForAll @IntRange(max = 400) int cut)
      throws IOException {
    List<String> lines = texts.stream().map(text -> text.replace('\n', ' ')).toList();
    Path home = Files.createTempDirectory("journal");
    Path file = home.resolve("names");
    try (Journal journal = Journal.open(file)) {
      for (String line : lines) {
        journal.append(line);
      }
    }
    byte[] bytes = Files.readAllBytes(file);
    int header = "relay-names 1\n".length();
    int end = Math.max(header, bytes.length - cut);
    Files.write(file, Arrays.copyOf(bytes, end));
    List<String> found;
    try (Journal journal = Journal.open(file)) {
      found = journal.found();
      journal.append("more");
    }
    List<String> kept = new ArrayList<>();
    int length = header;
    for (String line : lines) {
      // what cannot be encoded is written as a question mark
      length += 10 + line.getBytes(StandardCharsets.UTF_8).length;
      if (length <= end) {
        kept.add(new String(line.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8));
      }
    }
    assertThat(found).isEqualTo(kept);
    kept.add("more");
    try (Journal journal = Journal.open(file)) {
      assertThat(journal.found()).isEqualTo(kept);
    }
    Files.delete(file);
    Files.delete(home);
  }
}
