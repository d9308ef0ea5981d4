package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** An owner's machine loses its power: its connection stays half-open, and nobody says a word. */
class PowerCutIT {

  private static final Duration SOON = Duration.ofSeconds(3);

  /** Silent for so long in all, which is looked at once a second. */
  private static final Duration FOUND = Duration.ofSeconds(3);

  @RegisterExtension
  final RelayNode node = RelayNode.with("limits.keepalive=1s", "limits.keepalive-misses=2");

  private BlackHole way;
  private int service;
  private int port;

  @BeforeEach
  void forwardBehindAWayThatMayBeLost() throws IOException {
    way = node.closing(new BlackHole(node.sshPort()));
    service = node.nginx("").port();
    port = LocalService.freePort();
    Path key = node.keys().of("ann");
    Command ann =
        node.start(
            new Ssh(node.knownHosts(), key, way.port(), "relay")
                .option("HostKeyAlias=[127.0.0.1]:" + node.sshPort())
                .forward("foo:80:127.0.0.1:" + service)
                .forward(port + ":127.0.0.1:" + service)
                .console());
    ann.awaitOut(":" + port + "$");
    assertServed();
  }

  private void assertServed() {
    assertThat(node.curl("foo.localhost", "/hello")).isEqualTo("hello from nginx\n\n200");
    assertThat(Command.run("curl", "-sS", "http://127.0.0.1:" + port + "/hello"))
        .isEqualTo("hello from nginx");
  }

  private Ssh again(String person) {
    return node.ssh(person)
        .forward("foo:80:127.0.0.1:" + service)
        .forward(port + ":127.0.0.1:" + service);
  }

  @Test
  void sameKey_supersedesAtOnce_andTheOldSessionIsEnded() {
    way.cut();
    Command ben = node.start(again("ben").console());
    ben.awaitOut("RELAY-NAME-TAKEN");
    ben.awaitOut("RELAY-PORT-TAKEN");
    ben.close();

    long start = System.nanoTime();
    node.start(again("ann").console()).awaitOut(":" + port + "$");
    assertServed();
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(SOON);
    Awaitility.await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(node.server().census().sshConnections()).isEqualTo(1));
    assertServed();
  }

  @Test
  void nobodyComesBack_isFoundInTime_andTheNameIsHeld() {
    long start = System.nanoTime();
    way.cut();
    Awaitility.await()
        .untilAsserted(() -> assertThat(node.server().census().sshConnections()).isZero());
    assertThat(Duration.ofNanos(System.nanoTime() - start))
        .isBetween(FOUND.minusSeconds(1), FOUND.plusMillis(1_500));
    Awaitility.await().until(() -> Listening.on(port).isEmpty());
    assertThat(node.curl("foo.localhost", "/")).contains("RELAY-503-OFFLINE");

    Command ben = node.start(again("ben").console());
    ben.awaitOut("RELAY-NAME-HELD");
    ben.awaitOut("RELAY-PORT-HELD");
    node.start(again("ann").console()).awaitOut(":" + port + "$");
    assertServed();
  }
}
