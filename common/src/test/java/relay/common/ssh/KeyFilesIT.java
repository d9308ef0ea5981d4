package relay.common.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys made and judged by the real ssh-keygen. */
class KeyFilesIT {

  @TempDir Path dir;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-t ed25519",
        "-t ecdsa -b 256",
        "-t ecdsa -b 384",
        "-t ecdsa -b 521",
        "-t rsa -b 2048",
        "-t rsa -b 2048 -m PEM",
        "-t ecdsa -b 256 -m PEM",
        "-t rsa -b 2048 -m PKCS8",
        "-t ecdsa -b 256 -m PKCS8"
      })
  void read_any_format_with_and_without_passphrase(String options) throws Exception {
    Path plain = Tool.key(dir.resolve("plain"), "", options.split(" "));
    Path locked = Tool.key(dir.resolve("locked"), "secret", options.split(" "));
    for (Path file : List.of(plain, locked)) {
      KeyPair pair = KeyFiles.read(file, (asked, attempt) -> attempt == 0 ? "wrong" : "secret");
      assertThat(PublicKeyLine.fingerprint(pair.getPublic())).isEqualTo(fingerprint(file));
      assertThat(KeyFiles.publicKeyOf(file)).contains(pair.getPublic());
    }
    assertThatThrownBy(() -> KeyFiles.read(locked, KeyFiles.Passphrase.NONE))
        .isInstanceOf(KeyFileException.class)
        .hasMessage(locked + " is encrypted, and its passphrase is not known");
  }

  @Test
  void read_asks_three_times() throws Exception {
    Path locked = Tool.key(dir.resolve("locked"), "secret", "-t", "ed25519");
    List<Integer> attempts = new ArrayList<>();
    assertThatThrownBy(() ->
            KeyFiles.read(
                locked,
                (file, attempt) -> {
                  attempts.add(attempt);
                  return "wrong";
                }))
        .isInstanceOf(KeyFileException.class);
    assertThat(attempts).containsExactly(0, 1, 2);
  }

  @Test
  void publicKeyOf_encrypted_without_pub() throws Exception {
    Path locked = Tool.key(dir.resolve("locked"), "secret", "-t", "ed25519");
    String expected = fingerprint(locked);
    Files.delete(KeyFiles.pub(locked));
    assertThat(KeyFiles.publicKeyOf(locked).map(PublicKeyLine::fingerprint)).contains(expected);
    Path pem = Tool.key(dir.resolve("pem"), "secret", "-t", "rsa", "-b", "2048", "-m", "PEM");
    Files.delete(KeyFiles.pub(pem));
    assertThat(KeyFiles.publicKeyOf(pem)).isEmpty();
  }

  @Test
  void host_key_is_made_once_and_is_one_for_ssh_keygen() throws Exception {
    Path data = dir.resolve("state/relay");
    HostKey first = HostKey.in(data);
    Path file = data.resolve("host-key");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data)))
        .isEqualTo("rwx------");
    assertThat(fingerprint(file)).isEqualTo(first.fingerprint());
    assertThat(Tool.output("ssh-keygen", "-y", "-f", file.toString())).contains(first.publicLine());
    assertThat(data.resolve("host-key.pub")).content().startsWith(first.publicLine());
    assertThat(HostKey.in(data).fingerprint()).isEqualTo(first.fingerprint());
    try (var files = Files.list(data)) {
      assertThat(files.map(path -> path.getFileName().toString()))
          .containsExactlyInAnyOrder("host-key", "host-key.pub");
    }
  }

  @Test
  void host_key_that_is_open_broken_or_no_ed25519_is_refused() throws Exception {
    HostKey.in(dir);
    Path file = dir.resolve("host-key");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
    assertThatThrownBy(() -> HostKey.in(dir))
        .isInstanceOf(KeyFileException.class)
        .hasMessage(
            file + " is open to others (rw-r-----): a private key is the owner's only, mode 0600");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    String text = Files.readString(file);
    for (String broken :
        List.of("", "rubbish", text.substring(0, text.length() / 2), text.replace('A', 'B'))) {
      Files.writeString(file, broken);
      assertThatThrownBy(() -> HostKey.in(dir))
          .isInstanceOf(KeyFileException.class)
          .hasMessageStartingWith(file.toString())
          .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
    }
    Files.delete(file);
    Files.delete(KeyFiles.pub(file));
    Tool.key(file, "", "-t", "rsa", "-b", "2048");
    assertThatThrownBy(() -> HostKey.in(dir))
        .isInstanceOf(KeyFileException.class)
        .hasMessageContaining("no Ed25519 key");
  }

  private static String fingerprint(Path file) throws Exception {
    return Tool.output("ssh-keygen", "-l", "-f", KeyFiles.pub(file).toString()).split(" ", -1)[1];
  }
}
