package relay.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirTest {

  @TempDir Path dir;

  @Test
  void take_makesItPrivate() throws Exception {
    Path path = dir.resolve("state/relay");
    try (DataDir taken = DataDir.take(path)) {
      assertThat(taken.path()).isEqualTo(path);
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
          .isEqualTo("rwx------");
    }
  }

  @Test
  void take_twice_isRefused_untilItIsGivenUp() throws Exception {
    DataDir first = DataDir.take(dir);
    assertThatThrownBy(() -> DataDir.take(dir))
        .isInstanceOf(StartFailure.class)
        .hasMessage(
            "data-dir: '"
                + dir
                + "': another relay-server uses it, expected a directory of its"
                + " own");
    first.close();
    DataDir.take(dir).close();
  }

  @Test
  void take_whatIsNoDirectory_isOneLine() throws Exception {
    Path file = Files.writeString(dir.resolve("file"), "");
    assertThatThrownBy(() -> DataDir.take(file))
        .hasMessage("data-dir: '" + file + "': not a directory, expected a directory to write to");
    assertThatThrownBy(() -> DataDir.take(file.resolve("below")))
        .isInstanceOf(StartFailure.class)
        .hasMessageEndingWith(", expected a directory to write to");
  }
}
