package relay.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** {@code ssh host release NAME}: an owner gives up what is his, and nobody else's. */
class ReleaseIT {

  @RegisterExtension final RelayNode node = RelayNode.with();

  private Command release(String person, String... words) {
    Command ssh = node.start(node.ssh(person).with("-q").to(words));
    ssh.exitStatus();
    return ssh;
  }

  @Test
  void ownName_isAnotherFromThenOn_andTheOldIsNobodys() {
    Command ann = node.start(node.ssh("ann").forward("80:127.0.0.1:1").console());
    String name = ann.awaitOut("HTTP: http://([a-z0-9-]+)\\.localhost:");
    assertThat(release("ben", "release", name).err())
        .isEqualTo("relay: RELAY-NAME-UNKNOWN: " + name + ".localhost is not yours");
    Command released = release("ann", "release", name);
    assertThat(released.exitStatus()).isZero();
    assertThat(released.out()).isEqualTo("relay: " + name + ".localhost is released");
    ann.awaitOut("RELAY-NAME-RELEASED: " + name + ".localhost was released");
    assertThat(node.curl(name + ".localhost", "/")).endsWith("404");

    Command again = node.start(node.ssh("ann").forward("80:127.0.0.1:1").console());
    String next = again.awaitOut("HTTP: http://([a-z0-9-]+)\\.localhost:");
    assertThat(next).isNotEqualTo(name);
    Command ben = node.start(node.ssh("ben").forward(name + ":80:127.0.0.1:1").console());
    ben.awaitOut("RELAY-NAME-HELD: " + name + ".localhost was another key's own name of late");
  }

  @Test
  void port_isNotListenedOnAnyMore_andAnybodys() {
    int port = LocalService.freePort();
    Command ann = node.start(node.ssh("ann").forward(port + ":127.0.0.1:1").console());
    ann.awaitOut("TCP: ");
    assertThat(release("ann", "release", "" + port).out())
        .isEqualTo("relay: port " + port + " is released");
    ann.awaitOut("RELAY-NAME-RELEASED: port " + port + " was released");
    await().until(() -> Listening.on(port).isEmpty());
    node.start(node.ssh("ben").forward(port + ":127.0.0.1:1").console()).awaitOut("TCP: ");
  }

  @Test
  void withoutOneName_isRefused() {
    Command none = release("ann", "release");
    assertThat(none.exitStatus()).isEqualTo(1);
    assertThat(none.err())
        .isEqualTo("relay: RELAY-OPTION-INVALID: 'release': expected release NAME [--json]");
    assertThat(release("ann", "release", "a", "b").err()).contains("RELAY-OPTION-INVALID");
  }
}
