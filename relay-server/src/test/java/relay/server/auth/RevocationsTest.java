package relay.server.auth;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RevocationsTest {

  @TempDir Path dir;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "serial: 0",
        "serial: 0-9",
        "serial: 9-8",
        "serial: -1",
        "serial: 1-2-3",
        "serial: x",
        "serial:",
        "serial: 18446744073709551616",
        "hash: MD5:00:11",
        "SHA256:short",
        "sha1: AAAA",
        "AAAA:BBBB",
        "rubbish",
        "key: ssh-ed25519 AAAA",
      })
  void line_thatIsNoRevocation_isAnErrorThatNamesIt(String line) throws Exception {
    Path list =
        Files.writeString(
            dir.resolve("revoked"), "# all\n\nserial: 1-18446744073709551615\n" + line);
    assertThatThrownBy(() -> Revocations.read(List.of(list)))
        .isInstanceOf(AuthorizedKeysException.class)
        .hasMessageStartingWith(list + ":4: ");
  }

  @Test
  void list_thatIsMissing_isAnError() {
    Path list = dir.resolve("missing");
    assertThatThrownBy(() -> Revocations.read(List.of(list))).hasMessage(list + ": no such file");
  }
}
