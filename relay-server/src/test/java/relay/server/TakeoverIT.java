package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What is somebody's stays his, whatever became of the session that had it. */
class TakeoverIT {

  private static final Duration SOON = Duration.ofSeconds(3);

  @RegisterExtension final RelayNode node = RelayNode.with();

  private int port;
  private int service;

  @BeforeEach
  void open() {
    service = node.nginx("").port();
    port = LocalService.freePort();
  }

  /** A session with a chosen name, the person's own name, and a port. */
  private Command session(String person) {
    return node.start(
        node.ssh(person)
            .forward("foo:80:127.0.0.1:" + service)
            .forward("80:127.0.0.1:" + service)
            .forward(port + ":127.0.0.1:" + service)
            .console());
  }

  private static String ownName(Command session) {
    return session.awaitOut("HTTP: http://(\\w+-\\w+-\\w+\\.localhost)");
  }

  /** Waits for all three, and gives the own name. */
  private String granted(Command session) {
    session.awaitOut("http://foo.localhost");
    session.awaitOut(":" + port + "$");
    return ownName(session);
  }

  private void assertServed(String ownName) {
    assertThat(node.curl("foo.localhost", "/hello")).isEqualTo("hello from nginx\n\n200");
    assertThat(node.curl(ownName, "/hello")).isEqualTo("hello from nginx\n\n200");
    assertThat(Command.run("curl", "-sS", "http://127.0.0.1:" + port + "/hello"))
        .isEqualTo("hello from nginx");
  }

  /** Another key asks for the name and the port and gets neither, but the reasons. */
  private void assertRefusedToBen(String nameCode, String portCode) {
    try (Command ben =
        Command.start(
            node.ssh("ben")
                .forward("foo:80:127.0.0.1:" + service)
                .forward(port + ":127.0.0.1:" + service)
                .console())) {
      ben.awaitOut(nameCode);
      ben.awaitOut(portCode);
      ben.awaitErr("Warning: remote port forwarding failed for listen port 80");
      ben.awaitErr("Warning: remote port forwarding failed for listen port " + port);
    }
  }

  @Test
  void clientKilled_keyHasEverythingBackAndOthersAreRefused() {
    Command first = session("ann");
    String name = granted(first);
    first.signal("KILL");
    Awaitility.await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(node.server().census().tunnels()).isZero());
    assertRefusedToBen("RELAY-NAME-HELD", "RELAY-PORT-HELD");

    long start = System.nanoTime();
    assertThat(granted(session("ann"))).isEqualTo(name);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(SOON);
    assertServed(name);
  }

  @Test
  void clientStopped_keyHasEverythingBackAndOthersAreRefused() {
    Command first = session("ann");
    String name = granted(first);
    first.signal("STOP");
    assertRefusedToBen("RELAY-NAME-TAKEN", "RELAY-PORT-TAKEN");

    long start = System.nanoTime();
    Command second = session("ann");
    assertThat(granted(second)).isEqualTo(name);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(SOON);
    assertServed(name);
    Awaitility.await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(node.server().census().sshConnections()).isEqualTo(1));
    first.signal("CONT");
    first.exitStatus();
    assertServed(name);
  }

  @Test
  void livingSession_keepsItsOtherTunnels() {
    Command first = session("ann");
    String name = granted(first);
    Command second = node.start(node.ssh("ann").forward("foo:80:127.0.0.1:1").console());
    second.awaitOut("http://foo.localhost");

    first.awaitOut("RELAY-TAKEN-OVER: .*foo.localhost");
    assertThat(node.curl("foo.localhost", "/hello")).contains("RELAY-502-NOTHING-LISTENING");
    assertThat(node.curl(name, "/hello")).isEqualTo("hello from nginx\n\n200");
    // the old session is probed for 2 s: its answer must have kept it
    Awaitility.await()
        .during(Duration.ofMillis(2_300))
        .atMost(SOON)
        .until(() -> node.server().census().sshConnections() == 2);
    assertThat(Command.run("curl", "-sS", "http://127.0.0.1:" + port + "/hello"))
        .isEqualTo("hello from nginx");
    assertThat(first.isAlive()).isTrue();
  }

  @Test
  void plainForwardWhileTheFirstLives_getsTheSecondName() {
    List<String> plain = node.ssh("ann").forward("80:127.0.0.1:" + service).console();
    Command first = node.start(plain);
    String one = ownName(first);
    Command second = node.start(plain);
    String two = ownName(second);
    assertThat(two).isNotEqualTo(one);
    assertThat(node.curl(one, "/hello")).endsWith("\n200");
    assertThat(node.curl(two, "/hello")).endsWith("\n200");

    second.close();
    Awaitility.await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(node.server().census().tunnels()).isEqualTo(1));
    assertThat(ownName(node.start(plain))).isEqualTo(two);
    assertThat(first.out()).doesNotContain("RELAY-TAKEN-OVER");
  }
}
