package relay.server.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With keys of the real ssh-keygen and ssh-agent. */
class KeyRingIT {

  @TempDir Path dir;
  private Path ssh;
  private Path data;
  private Path ann;
  private Path ben;

  @BeforeEach
  void keys() throws Exception {
    ssh = Files.createDirectory(dir.resolve("ssh"));
    data = dir.resolve("data");
    ann = Keys.make(dir.resolve("keys/ann"));
    ben = Keys.make(dir.resolve("keys/ben"));
  }

  @Test
  void own_keys_are_let_in_and_first_key_always() throws Exception {
    Files.writeString(ssh.resolve("authorized_keys"), Keys.line(ann) + "\n");
    Files.writeString(ssh.resolve("work.pub"), Keys.line(ben) + "\n");
    Files.writeString(ssh.resolve("gpg.pub"), "rubbish\n");
    KeyRing ring = own();
    assertThat(ring.size()).isEqualTo(3);
    assertThat(display(ring, ann)).isEqualTo("ann");
    assertThat(display(ring, ben)).isEqualTo("ben");
    Path first = data.resolve("first-key");
    assertThat(display(ring, first)).isEqualTo("relay-first-key");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(first)))
        .isEqualTo("rw-------");
    assertThat(find(own(), first)).isEqualTo(find(ring, first));
  }

  @Test
  void line_of_authorized_keys_decides_over_pub() throws Exception {
    Files.writeString(
        ssh.resolve("authorized_keys"),
        "command=\"ls\" " + Keys.line(ann) + "\nfrom=\"10.0.0.1\" " + Keys.line(ben) + "\n");
    Files.copy(Keys.pub(ann), ssh.resolve("ann.pub"));
    Files.copy(Keys.pub(ben), ssh.resolve("ben.pub"));
    KeyRing ring = own();
    assertThat(Objects.requireNonNull(find(ring, ann)).grants().console()).isFalse();
    assertThat(find(ring, ben)).isNull();
    assertThat(ring.size()).isEqualTo(3);
  }

  /** As in sshd, where a key may have other rights from elsewhere. */
  @Test
  void first_line_that_holds_decides() throws Exception {
    String from = "from=\"10.0.0.0/8\" ";
    Files.writeString(
        ssh.resolve("authorized_keys"),
        "expiry-time=\"20200101\" "
            + Keys.line(ann)
            + "\n"
            + from
            + Keys.line(ann)
            + "\nrestrict "
            + Keys.line(ann)
            + "\n"
            + from
            + Keys.line(ben));
    Files.copy(Keys.pub(ben), ssh.resolve("ben.pub"));
    KeyRing ring = own();
    InetAddress inside = InetAddress.getByName("10.1.2.3");
    assertThat(ring.find(Keys.key(ann), "me", inside, Instant.now()))
        .extracting(entry -> entry.grants().forwarding())
        .isEqualTo(true);
    assertThat(find(ring, ann)).extracting(entry -> entry.grants().forwarding()).isEqualTo(false);
    assertThat(ring.find(Keys.key(ben), "me", inside, Instant.now())).isNotNull();
    assertThat(find(ring, ben)).isNull();
  }

  @Test
  void first_mention_decides() throws Exception {
    Files.writeString(
        ssh.resolve("authorized_keys"),
        Keys.line(ann)
            + "\nverify-required "
            + Keys.line(ann)
            + "\nverify-required "
            + Keys.line(ben)
            + "\n"
            + Keys.line(ben)
            + "\n");
    KeyRing ring = own();
    assertThat(find(ring, ann)).isNotNull();
    assertThat(find(ring, ben)).isNull();
  }

  @Test
  void certificates_do_not_count() throws Exception {
    Path authority = Keys.make(dir.resolve("keys/ca"));
    new ProcessBuilder(
            "ssh-keygen", "-q", "-s", authority.toString(), "-I", "id", Keys.pub(ann).toString())
        .inheritIO()
        .start()
        .waitFor();
    Path certificate = ann.resolveSibling("ann-cert.pub");
    Files.copy(certificate, ssh.resolve("ann-cert.pub"));
    Files.copy(certificate, ssh.resolve("renamed.pub"));
    assertThat(own().size()).isEqualTo(1);
  }

  @Test
  void files_that_others_may_write_do_not_count() throws Exception {
    Path file = ssh.resolve("authorized_keys");
    Files.writeString(file, Keys.line(ann) + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-r--"));
    assertThat(own().size()).isEqualTo(1);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    assertThat(own().size()).isEqualTo(2);
    Files.setPosixFilePermissions(ssh, PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThat(own().size()).isEqualTo(1);
  }

  @Test
  void no_home_or_no_ssh_directory() throws Exception {
    assertThat(read(null, List.of()).size()).isEqualTo(1);
    assertThat(read(dir.resolve("none"), List.of()).size()).isEqualTo(1);
  }

  @Test
  void named_files_replace_the_own_ones() throws Exception {
    Files.copy(Keys.pub(ann), ssh.resolve("ann.pub"));
    Path named = Files.writeString(dir.resolve("team"), "# team\n" + Keys.line(ben) + "\n");
    KeyRing ring = read(ssh, List.of(named));
    assertThat(find(ring, ann)).isNull();
    assertThat(display(ring, ben)).isEqualTo("ben");
    assertThat(find(ring, data.resolve("first-key"))).isNotNull();
  }

  @Test
  void named_file_with_a_line_we_cannot_honour_is_refused() throws Exception {
    Path named = dir.resolve("team");
    for (String[] bad :
        new String[][] {
          {"verify-required " + Keys.line(ben), "option 'verify-required' is not supported yet"},
          {"frm=\"10.0.0.1\" " + Keys.line(ben), "option 'frm' is unknown"},
          {"rubbish", "'rubbish' is no public key: expected type and key"},
        }) {
      Files.writeString(named, Keys.line(ann) + "\n\n" + bad[0] + "\n");
      assertThatThrownBy(() -> read(ssh, List.of(named)))
          .isInstanceOf(AuthorizedKeysException.class)
          .hasMessage(named + ":3: " + bad[1]);
    }
    Path missing = dir.resolve("missing");
    assertThatThrownBy(() -> read(ssh, List.of(missing)))
        .isInstanceOf(AuthorizedKeysException.class)
        .hasMessage(missing + ": no such file");
  }

  @Test
  void directory_is_all_its_files_but_those_beside_them() throws Exception {
    Path team = Files.createDirectories(dir.resolve("team"));
    Path carl = Keys.make(dir.resolve("keys/carl"));
    Files.writeString(team.resolve("b"), "restrict " + Keys.line(ann) + "\n");
    Files.writeString(team.resolve("a"), Keys.line(ann) + "\n");
    Files.createSymbolicLink(team.resolve("ben"), Keys.pub(ben));
    for (String beside : List.of(".hidden", "carl~", "#carl#", "deeper/carl")) {
      Files.createDirectories(team.resolve(beside).getParent());
      Files.writeString(team.resolve(beside), Keys.line(carl) + "\n");
    }
    KeyRing ring = read(null, List.of(team, Keys.pub(ben)));
    assertThat(Objects.requireNonNull(find(ring, ann)).grants()).isEqualTo(Grants.ALL);
    assertThat(find(ring, ben)).isNotNull();
    assertThat(find(ring, carl)).isNull();

    Files.writeString(team.resolve("c"), "\nrubbish\n");
    assertThatThrownBy(() -> read(null, List.of(team)))
        .hasMessage(team.resolve("c") + ":2: 'rubbish' is no public key: expected type and key");
  }

  @Test
  void changed_file_counts_when_it_has_settled_and_a_bad_one_never() throws Exception {
    Path team = Files.createDirectories(dir.resolve("team"));
    Files.writeString(team.resolve("ann"), Keys.line(ann) + "\n");
    LiveKeyRing live =
        new LiveKeyRing(new KeySources(FirstKey.in(data), null, List.of(team), List.of(), null));
    KeyRing old = live.get();
    live.refresh();
    assertThat(live.get()).isSameAs(old);

    Files.writeString(team.resolve("ben"), Keys.line(ben) + "\n");
    live.refresh();
    assertThat(live.get()).isSameAs(old);
    live.refresh();
    assertThat(find(live.get(), ben)).isNotNull();
    assertThat(find(live.get(), ann)).isNotNull();

    KeyRing both = live.get();
    Files.writeString(team.resolve("ann"), "permitlisten=\"x\" " + Keys.line(ann) + "\n");
    live.refresh();
    live.refresh();
    assertThat(live.get()).isSameAs(both);

    Files.delete(team.resolve("ann"));
    live.refresh();
    live.refresh();
    assertThat(find(live.get(), ann)).isNull();
    assertThat(find(live.get(), ben)).isNotNull();
  }

  @Test
  void weak_rsa_is_refused() throws Exception {
    Path weak = Keys.make(dir.resolve("keys/weak"), "-t", "rsa", "-b", "1024", "-N", "");
    assertThatThrownBy(() -> read(null, List.of(Keys.pub(weak))))
        .hasMessage(Keys.pub(weak) + ":1: RSA key of 1024 bits: at least 2048 are needed");
  }

  @Test
  void display_is_harmless_and_never_empty() throws Exception {
    String bare = Keys.line(ann).replace(" ann", "");
    Files.writeString(
        ssh.resolve("authorized_keys"),
        bare + "\n" + Keys.line(ben).replace(" ben", " J\u00fcrgen \u001b[2J\u202e"));
    KeyRing ring = own();
    assertThat(display(ring, ann)).matches("SHA256:.{8}");
    assertThat(display(ring, ben)).isEqualTo("J\u00fcrgen \\u{1b}[2J\\u{202e}");
  }

  @Test
  void hint_only_where_ssh_has_no_key_that_is_let_in() throws Exception {
    Path first = data.resolve("first-key");
    assertThat(hint(own(), ssh, null)).contains(first);
    assertThat(hint(own(), null, dir.resolve("no-agent"))).contains(first);

    Keys.make(ssh.resolve("other")); // let in by other.pub, but ssh does not try it by itself
    assertThat(hint(own(), ssh, null)).contains(first);

    Path locked = Keys.make(ssh.resolve("id_ed25519"), "-t", "ed25519", "-N", "secret");
    assertThat(hint(own(), ssh, null)).isEmpty();
    assertThat(hint(read(ssh, List.of(Keys.pub(ann))), ssh, null)).contains(first);
    Files.delete(locked);
    assertThat(hint(own(), ssh, null)).contains(first);
  }

  @Test
  void hint_is_not_needed_where_the_agent_has_the_key() throws Exception {
    Path socket = dir.resolve("agent");
    Process agent = new ProcessBuilder("ssh-agent", "-D", "-a", socket.toString()).start();
    try {
      agent.inputReader().readLine();
      Files.copy(Keys.pub(ann), ssh.resolve("ann.pub"));
      assertThat(hint(own(), ssh, socket)).isPresent();
      ProcessBuilder add = new ProcessBuilder("ssh-add", "-q", ann.toString());
      add.environment().put("SSH_AUTH_SOCK", socket.toString());
      assertThat(add.inheritIO().start().waitFor()).isZero();
      assertThat(hint(own(), ssh, socket)).isEmpty();
    } finally {
      agent.destroy();
    }
  }

  private KeyRing own() throws IOException {
    return read(ssh, List.of());
  }

  private KeyRing read(@Nullable Path sshDirectory, List<Path> named) throws IOException {
    return new KeySources(FirstKey.in(data), sshDirectory, named, List.of(), null).read();
  }

  private Optional<Path> hint(KeyRing ring, @Nullable Path sshDirectory, @Nullable Path agentSocket)
      throws IOException {
    return FirstKey.in(data).hint(ring, sshDirectory, agentSocket);
  }

  private static KeyRing.@Nullable Entry find(KeyRing ring, Path file) {
    return ring.find(Keys.key(file), "me", InetAddress.getLoopbackAddress(), Instant.now());
  }

  private static String display(KeyRing ring, Path file) {
    return Objects.requireNonNull(find(ring, file)).identity().display();
  }
}
