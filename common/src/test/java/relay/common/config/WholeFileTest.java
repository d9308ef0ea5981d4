package relay.common.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WholeFileTest {

  @TempDir Path dir;

  @Test
  void write_replaces_andLeavesNothingElse() throws IOException {
    Path file = dir.resolve("run.json");
    WholeFile.write(file, "old".getBytes(StandardCharsets.UTF_8));
    WholeFile.write(file, "new".getBytes(StandardCharsets.UTF_8));
    assertThat(file).hasContent("new");
    assertThat(dir).isDirectoryNotContaining(path -> !path.equals(file));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }

  @Test
  void write_thatFails_leavesNothing() throws IOException {
    Path file = dir.resolve("run.json");
    Files.createDirectories(file.resolve("in the way"));
    assertThatThrownBy(() -> WholeFile.write(file, new byte[1])).isInstanceOf(IOException.class);
    assertThat(dir).isDirectoryNotContaining(path -> !path.equals(file));
  }
}
