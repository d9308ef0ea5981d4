package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code relay-server token create}, {@code list} and {@code revoke}: with a server and without.
 */
class TokenCommandIT {

  private static final String TOKEN = "relay_[a-z2-9]{8}_[a-z2-9]{26}";

  @TempDir Path dir;

  private Command run(String... words) {
    List<String> all = new ArrayList<>(List.of("token"));
    all.addAll(List.of(words));
    return ServerProcess.command(dir.resolve("data"), all.toArray(new String[0]));
  }

  private Ssh ssh(ServerProcess server, String token) throws Exception {
    server.ssh(); // writes known_hosts
    Path askpass = dir.resolve("askpass");
    Files.writeString(askpass, "#!/bin/sh\necho " + token + "\n");
    Files.setPosixFilePermissions(askpass, PosixFilePermissions.fromString("rwx------"));
    return Ssh.asking(dir.resolve("known_hosts"), server.port("ssh"), "relay", askpass);
  }

  @Test
  void token_isShownOnce_andCounts_madeWithAServerOrWithout() throws Exception {
    Command early = run("create", "--label", "early");
    assertThat(early.out()).matches(TOKEN);
    assertThat(early.err()).matches("token:[a-z2-9]{8}, does not expire; it is not shown again");
    Path audit = dir.resolve("audit");
    Files.writeString(dir.resolve("relay.yml"), "log: {audit-file: " + audit + "}\n");
    try (ServerProcess server =
        new ServerProcess(dir, "--config=" + dir.resolve("relay.yml")).awaitReady()) {
      Command late =
          run("create", "--label", "late", "--expires", "1h", "--options", "permitlisten=\"x:80\"");
      assertThat(late.out()).matches(TOKEN);
      for (String token : List.of(early.out(), late.out())) {
        Command ssh = Command.start(ssh(server, token).forward("x:80:127.0.0.1:1").console());
        ssh.awaitOut("HTTP: http://x.localhost|RELAY-NAME-HELD");
        ssh.close();
      }
      Command list = run("list");
      assertThat(list.out())
          .containsPattern("(?m)^[a-z2-9]{8}  early +good +created [0-9TZ:-]+, does not expire *$")
          .containsPattern(
              "(?m)^[a-z2-9]{8}  late +good +created [0-9TZ:-]+, expires [0-9TZ:-]+ "
                  + " permitlisten=\"x:80\"$");
      assertThat(list.out()).doesNotContain(secret(early), secret(late));
      Command ssh =
          Command.start(ssh(server, late.out()).option("ServerAliveInterval=1").noCommand());
      ssh.awaitErr("RELAY-NAME-HELD: x.localhost"); // in the banner, for another had it before
      assertThat(run("revoke", "late").out())
          .matches("token:[a-z2-9]{8} is revoked; its sessions end");
      assertThat(ssh.exitStatus()).isEqualTo(255);
      Awaitility.await().until(() -> Files.readString(audit).contains("RELAY-TOKEN-REVOKED"));
      server.kill();
      assertThat(server.process().out() + server.process().err() + Files.readString(audit))
          .contains("RELAY-TOKEN-REVOKED")
          .doesNotContain(secret(early))
          .doesNotContain(secret(late));
    }
    Command list = run("list");
    assertThat(list.out()).contains("early").doesNotContain("late");
  }

  private static String secret(Command made) {
    return made.out().substring(15);
  }

  @Test
  void answers_areForProgramsToo_oneObjectALine() {
    Command made = run("create", "--label", "ci", "--json");
    assertThat(made.out())
        .matches("\\{\"token\":\"" + TOKEN + "\",\"id\":\"[a-z2-9]{8}\",\"label\":\"ci\",.*}");
    assertThat(made.err()).isEmpty();
    Command list = run("list", "--json");
    assertThat(list.out())
        .matches(
            "\\{\"id\":\"[a-z2-9]{8}\",\"label\":\"ci\",\"created\":\"[0-9TZ:-]+\",\"expires\":\"\","
                + "\"options\":\"\",\"state\":\"good\"}");
    Command unknown = run("revoke", "nobody", "--json");
    assertThat(unknown.exitStatus()).isEqualTo(2);
    assertThat(unknown.out()).isEmpty();
    assertThat(unknown.err()).startsWith("relay-server: RELAY-TOKEN-UNKNOWN: ");
    assertThat(run("revoke", "ci", "--json").out())
        .matches("\\{\"message\":\"token:[a-z2-9]{8} is revoked; its sessions end\"}");
    assertThat(run("list", "--json").out()).isEmpty();
  }

  @Test
  void whatIsWrong_isToldInALine() {
    Command unknown = run("revoke", "nobody");
    assertThat(unknown.exitStatus()).isEqualTo(2);
    assertThat(unknown.err())
        .isEqualTo("relay-server: RELAY-TOKEN-UNKNOWN: no token has the id or the label 'nobody'");
    Command option = run("create", "--options", "permitlistn=\"x:80\"");
    assertThat(option.exitStatus()).isEqualTo(2);
    assertThat(option.out()).isEmpty();
    assertThat(option.err())
        .isEqualTo("relay-server: RELAY-OPTION-INVALID: option 'permitlistn' is unknown");
    assertThat(run("create", "--expires", "soon").err())
        .isEqualTo(
            "relay-server: RELAY-OPTION-INVALID: 'soon' is no end: expected a duration such as 12h"
                + " or 30d, or a time such as 20301231");
    Command nothing = run();
    assertThat(nothing.exitStatus()).isEqualTo(2);
    assertThat(nothing.err()).contains("expected create, list or revoke");
    assertThat(run("create", "--help").out())
        .contains("relay-server token create --label ci --expires 30d");
  }
}
