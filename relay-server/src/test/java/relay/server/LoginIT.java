package relay.server;

import static java.nio.file.StandardCopyOption.COPY_ATTRIBUTES;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who gets in, and as whom: seen by what the whole server then lets them have. */
class LoginIT {

  @RegisterExtension final RelayNode node = RelayNode.with();

  @Test
  void whoOnlyNamesAnnsKey_isNotAnn() throws Exception {
    String local = "127.0.0.1:" + node.nginx("").port();
    node.start(node.ssh("ann").forward("anns:80:" + local).noCommand());
    node.awaitTunnels(1);
    Path named = node.directory().resolve("named"); // Ann's key, behind an unknown passphrase
    Files.copy(node.keys().of("ann"), named, COPY_ATTRIBUTES);
    Files.writeString(named.resolveSibling("named.pub"), node.keys().publicKey("ann") + "\n");
    Command.run("ssh-keygen", "-q", "-p", "-P", "", "-N", "secret", "-f", named.toString());
    Ssh words =
        new Ssh(node.knownHosts(), named, node.sshPort(), "ann")
            .with("-v", "-i", node.keys().of("ben").toString());
    Command ben = node.start(words.forward("anns:80:" + local).console());

    ben.awaitErr("Server accepts key: " + named + " "); // it was asked for, and taken
    ben.awaitOut("RELAY-NAME-TAKEN: anns.localhost belongs to another key; ask for another$");
    assertThat(node.server().census().tunnels()).isEqualTo(1);
  }

  @Test
  void strangersKey_isDenied_inSshsOwnWords() {
    Path stranger = node.keys().of("stranger");
    Command ssh =
        node.start(new Ssh(node.knownHosts(), stranger, node.sshPort(), "tuser").noCommand());

    assertThat(ssh.exitStatus()).isEqualTo(255);
    assertThat(ssh.err()).isEqualTo("tuser@127.0.0.1: Permission denied (publickey).");
  }

  @Test
  void nokey_isNobody_whereOnlyKeysAreLetIn() throws Exception {
    Command ssh = node.start(node.sshAnswering("nokey", "").noCommand());

    assertThat(ssh.exitStatus()).isEqualTo(255);
    assertThat(ssh.err()).isEqualTo("nokey@127.0.0.1: Permission denied (publickey).");
  }

  @Test
  void fiveWrongKeys_andThenTheRightOne_getsIn() {
    Ssh words = new Ssh(node.knownHosts(), node.keys().of("wrong0"), node.sshPort(), "anybody");
    for (int i = 1; i < 5; i++) {
      words.with("-i", node.keys().of("wrong" + i).toString());
    }
    words.with("-i", node.keys().of("ann").toString());
    Command ssh = node.start(words.forward("foo:80:127.0.0.1:1").console());

    ssh.awaitOut("HTTP: http://foo.localhost:");
  }

  @Test
  void keyWithACommand_hasNoConsole_andItsTunnelsWork() throws Exception {
    node.authorize("no-pty,command=\"/bin/true\" " + node.keys().publicKey("ann"));
    String local = "127.0.0.1:" + node.nginx("").port();
    Command ssh = node.start(node.ssh("ann").forward("foo:80:" + local).console());

    assertThat(ssh.awaitOut(".+"))
        .isEqualTo("relay: your key has no console here; the tunnels work");
    assertThat(node.curl("foo.localhost", "/hello")).isEqualTo("hello from nginx\n\n200");
    assertThat(ssh.out()).doesNotContain("GET", "http:");
    assertThat(ssh.isAlive()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "verify-required",
        "permitlisten=\"80:shop\"",
        "no-pty,from=\"laptop.example.org\"",
        "expiry-time=\"soon\"",
        "principals=\"ann\"",
        "made-up"
      })
  void optionThatWouldNotBeHonoured_keepsTheServerFromStarting(String option) throws Exception {
    String name = option.replaceFirst("^no-pty,", "").replaceFirst("=.*", "");
    Path keys = node.directory().resolve("restricted");
    Files.writeString(
        keys, "# who may come\n" + option + " " + node.keys().publicKey("ann") + "\n");
    Path home = Files.createDirectories(node.directory().resolve("other"));
    try (ServerProcess server = new ServerProcess(home, "--authorized-keys=" + keys)) {
      assertThat(server.process().exitStatus()).isEqualTo(2);
      assertThat(server.process().err())
          .startsWith("relay-server: " + keys + ":2: option '" + name + "'")
          .matches(
              "[^\n]+(is not supported yet|is unknown|goes with cert-authority|expected [^\n]+)");
    }
  }

  @Test
  void versionAndKeyExchange_areTold() throws Exception {
    try (Socket peer = node.visit(node.sshPort())) {
      assertThat(Wire.until(peer.getInputStream(), "\r\n")).isEqualTo("SSH-2.0-Relay_0.1.0\r\n");
    }
    Command ssh = node.start(node.ssh("ann").with("-vvv").noCommand());
    ssh.awaitErr("kex_choose_conf: will use strict KEX ordering$");
    ssh.awaitErr("^relay: -R 80 is ");
  }

  /**
   * Nothing fails. What is warned of is what the two are not agreed on: older ones do not know the
   * newest names; newer ones want post-quantum key exchange only, which OpenSSH has since 9.9.
   */
  @Test
  void sshAudit_findsNothingToFail() {
    Command audit =
        node.start(List.of("ssh-audit", "-n", "-p", Integer.toString(node.sshPort()), "127.0.0.1"));
    audit.exitStatus();

    assertThat(audit.out()).contains("banner: SSH-2.0-Relay_0.1.0").doesNotContain("[fail]");
    assertThat(audit.out().lines().filter(line -> line.contains("[warn]")))
        .isNotEmpty()
        .allMatch(line ->
            line.matches(
                    "\\(kex\\) (mlkem768x25519-sha256|kex-strict-s-v00@openssh.com) +-- "
                        + "\\[warn] unknown algorithm")
                || line.matches(
                    "\\(kex\\) curve25519-sha256(@libssh.org)? +-- "
                        + "\\[warn] does not provide protection against post-quantum attacks"));
  }
}
