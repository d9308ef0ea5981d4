package relay.common.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.PublicKey;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import relay.common.ssh.KnownHosts.Verdict;

/** The verdicts, beside those of the real ssh-keygen -F. */
class KnownHostsIT {

  private static final PublicKey KEY = EdwardsCurves.newEd25519().getPublic();
  private static final PublicKey OTHER = EdwardsCurves.newEd25519().getPublic();
  private static final Verdict KNOWN = new Verdict.Known();
  private static final Verdict UNKNOWN = new Verdict.Unknown();

  @TempDir static Path keys;
  private static String rsaLine;

  @TempDir Path dir;
  private Path file;

  @BeforeAll
  static void makeRsa() throws Exception {
    Path rsa = Tool.key(keys.resolve("rsa"), "", "-t", "rsa", "-b", "2048");
    rsaLine = Files.readString(KeyFiles.pub(rsa)).strip();
  }

  @BeforeEach
  void name() {
    file = dir.resolve("known_hosts");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "example.org;example.org;22;true",
        "EXAMPLE.org;Example.ORG;22;true",
        "example.org;example.org;2222;false",
        "[example.org]:2222;example.org;2222;true",
        "[example.org]:2222;example.org;22;false",
        "*.example.org;a.example.org;22;true",
        "*.example.org;example.org;22;false",
        "*.example.org;a.example.org;2222;false",
        "[*.example.org]:2222;a.example.org;2222;true",
        "*;anything;2222;true",
        "ex?mple.org;exAmple.org;22;true",
        "a,b,c;b;22;true",
        "*.example.org,!bad.example.org;bad.example.org;22;false",
        "!bad.example.org,*.example.org;bad.example.org;22;false",
        "*.example.org,!bad.example.org;good.example.org;22;true",
        "![a]:22,*;a;22;true",
        "::1;::1;22;true",
        "[::1]:2222;::1;2222;true",
        "a(b;a(b;22;true",
      })
  void matches_as_ssh_keygen_does(String hosts, String host, int port, boolean expected)
      throws Exception {
    Files.writeString(file, hosts + " " + PublicKeyLine.format(KEY, "comment # more") + "\n");
    String name = port == 22 ? host : "[" + host + "]:" + port;
    assertThat(Tool.run(Map.of(), "ssh-keygen", "-F", name, "-f", file.toString()).exit() == 0)
        .as("ssh-keygen")
        .isEqualTo(expected);
    boolean portless = port != 22 && check(host, 22, KEY).equals(KNOWN);
    assertThat(check(host, port, KEY)).isEqualTo(expected || portless ? KNOWN : UNKNOWN);
  }

  @Test
  void hashed_by_ssh_keygen() throws Exception {
    Files.writeString(
        file, line("example.org", KEY) + line("[example.org]:2222", OTHER) + line("10.0.0.1", KEY));
    Tool.output("ssh-keygen", "-H", "-f", file.toString());
    assertThat(Files.readString(file)).startsWith("|1|").doesNotContain("example");
    assertThat(check("Example.org", 22, KEY)).isEqualTo(KNOWN);
    assertThat(check("example.org", 2222, OTHER)).isEqualTo(KNOWN);
    assertThat(check("10.0.0.1", 22, KEY)).isEqualTo(KNOWN);
    assertThat(check("10.0.0.2", 22, KEY)).isEqualTo(UNKNOWN);
    assertThat(check("example.org", 22, OTHER))
        .isEqualTo(new Verdict.Changed(file, 1, "ssh-ed25519"));
  }

  @Test
  void changed_names_the_line_of_the_same_type() throws Exception {
    Files.writeString(file, "# mine\n\nhost " + rsaLine + "\n" + line("host", OTHER));
    assertThat(check("host", 22, KEY)).isEqualTo(new Verdict.Changed(file, 4, "ssh-ed25519"));
    Files.writeString(file, "host " + rsaLine + "\n");
    assertThat(check("host", 22, KEY)).isEqualTo(new Verdict.Changed(file, 1, "ssh-rsa"));
    Files.writeString(file, line("host", OTHER) + line("host", KEY));
    assertThat(check("host", 22, KEY)).isEqualTo(KNOWN);
  }

  @Test
  void port_less_entry_vouches_for_another_port_but_never_alarms() throws Exception {
    Files.writeString(file, line("host", KEY));
    assertThat(check("host", 2222, KEY)).isEqualTo(KNOWN);
    assertThat(check("host", 2222, OTHER)).isEqualTo(UNKNOWN);
  }

  @Test
  void revoked_wins_and_authorities_do_not_count() throws Exception {
    Files.writeString(file, line("host", KEY) + "@revoked * " + PublicKeyLine.format(KEY, ""));
    assertThat(check("host", 22, KEY)).isEqualTo(new Verdict.Revoked(file, 2));
    assertThat(check("host", 22, OTHER)).isInstanceOf(Verdict.Changed.class);
    assertThat(check("else", 2222, KEY)).isEqualTo(new Verdict.Revoked(file, 2));
    Files.writeString(file, "@cert-authority * " + PublicKeyLine.format(KEY, "") + "\n");
    assertThat(check("host", 22, KEY)).isEqualTo(UNKNOWN);
    assertThat(check("host", 22, OTHER)).isEqualTo(UNKNOWN);
  }

  @Test
  void broken_lines_are_passed_over() throws Exception {
    Files.writeString(
        file,
        "host\nhost ssh-ed25519\nhost ssh-ed25519 ?\n|1|x|y ssh-ed25519 AAAA\n|2| a AAAA\n"
            + "@unknown host ssh-ed25519 AAAA\n\u00ff\u00fe\n@\n   \n"
            + line("  host", KEY).replace("\n", "\r\n"));
    assertThat(check("host", 22, KEY)).isEqualTo(KNOWN);
  }

  @Test
  void append_makes_the_file_and_ssh_keygen_finds_it() throws Exception {
    file = dir.resolve("home/.ssh/known_hosts");
    KnownHosts.append(file, "Relay.example", 2222, KEY);
    KnownHosts.append(file, "relay.example", 22, OTHER);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(file).hasContent(line("[relay.example]:2222", KEY) + line("relay.example", OTHER));
    assertThat(Tool.output("ssh-keygen", "-F", "[relay.example]:2222", "-f", file.toString()))
        .contains("line 1");
    assertThat(check("relay.example", 2222, KEY)).isEqualTo(KNOWN);
  }

  @Test
  void append_hashes_where_others_are_hashed_and_ends_an_open_line() throws Exception {
    Files.writeString(file, line("first", KEY));
    Tool.output("ssh-keygen", "-H", "-f", file.toString());
    Files.writeString(file, Files.readString(file).strip());
    KnownHosts.append(file, "second", 2222, OTHER);
    assertThat(Files.readString(file)).doesNotContain("second").endsWith("\n");
    assertThat(Tool.output("ssh-keygen", "-F", "[second]:2222", "-f", file.toString()))
        .contains("line 2");
    assertThat(check("first", 22, KEY)).isEqualTo(KNOWN);
    assertThat(check("second", 2222, OTHER)).isEqualTo(KNOWN);
  }

  @Test
  void no_file_knows_nobody() throws Exception {
    assertThat(check("host", 22, KEY)).isEqualTo(UNKNOWN);
  }

  private Verdict check(String host, int port, PublicKey key) throws Exception {
    return KnownHosts.read(List.of(dir.resolve("missing"), file)).check(host, port, key);
  }

  private static String line(String hosts, PublicKey key) {
    return hosts + " " + PublicKeyLine.format(key, "") + "\n";
  }
}
