package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A relay that was restarted is the same one to its users. */
class RestartIT {

  @RegisterExtension final RelayNode node = RelayNode.with();

  private Command plain(String person, int service) {
    return node.start(node.ssh(person).forward("80:127.0.0.1:" + service).console());
  }

  private static String name(Command ssh) {
    return ssh.awaitOut("HTTP: http://(\\S+\\.localhost)");
  }

  @Test
  void restart_sameHostKeyAndSameName() throws Exception {
    int service = node.nginx("").port();
    Command before = plain("ann", service);
    String name = name(before);
    String pinned = Files.readString(node.knownHosts());
    assertThat(node.dataDir().resolve("run.json")).exists();

    node.stopServer();
    assertThat(node.dataDir().resolve("run.json")).doesNotExist();
    assertThat(before.exitStatus()).isEqualTo(255);
    assertThat(before.err()).contains("RELAY-SHUTTING-DOWN");

    node.startServer();
    assertThat(node.dataDir().resolve("run.json")).exists();
    assertThat(Files.readString(node.knownHosts())).isEqualTo(pinned);
    String bens = name(plain("ben", service)); // whoever comes first
    assertThat(name(plain("ann", service))).isEqualTo(name).isNotEqualTo(bens);
    assertThat(node.curl(name, "/hello")).isEqualTo("hello from nginx\n\n200");
  }
}
