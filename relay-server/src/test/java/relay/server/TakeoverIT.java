package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
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
  void clientStopped_trafficFlowsToTheNewOne_withinThreeSeconds() {
    Command first = session("ann");
    granted(first);
    LocalService fresh = node.service(socket -> answer(socket, "the new one"));
    first.signal("STOP");
    assertRefusedToBen("RELAY-NAME-TAKEN", "RELAY-PORT-TAKEN");

    long start = System.nanoTime();
    node.start(
        node.ssh("ann")
            .forward("foo:80:127.0.0.1:" + fresh.port())
            .forward(port + ":127.0.0.1:" + fresh.port())
            .noCommand());
    for (int listener : new int[] {node.httpPort(), port}) {
      Awaitility.await()
          .pollInterval(Duration.ofMillis(20))
          .until(() -> get(listener).equals("the new one"));
    }
    assertThat(Duration.ofNanos(System.nanoTime() - start))
        .as("from the start of the new client to its first answers")
        .isLessThan(SOON);
  }

  /** What a visitor gets who does not wait for one that is stopped; empty for nothing. */
  private String get(int listener) throws IOException {
    try (Socket visitor = new Socket(InetAddress.getLoopbackAddress(), listener)) {
      visitor.setSoTimeout(200);
      Wire.send(visitor, "GET / HTTP/1.1\r\nHost: foo.localhost\r\n\r\n");
      return Wire.answer(visitor.getInputStream()).body();
    } catch (SocketTimeoutException | SocketException | EOFException e) {
      return "";
    }
  }

  private static void answer(Socket socket, String body) throws IOException {
    while (true) {
      Wire.head(socket.getInputStream());
      Wire.send(socket, "HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
    }
  }

  @Test
  void nameThatMoved_isServedByTheNewClientAlone_onOldConnectionsToo() throws Exception {
    AtomicInteger served = new AtomicInteger();
    LocalService stale =
        node.service(socket -> {
          served.incrementAndGet();
          answer(socket, "old");
        });
    LocalService fresh = node.service(socket -> answer(socket, "new"));
    Command first =
        node.start(node.ssh("ann").forward("foo:80:127.0.0.1:" + stale.port()).console());
    first.awaitOut("http://foo.localhost");
    List<Socket> visitors = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      visitors.add(node.visit(node.httpPort()));
    }
    assertThat(answersTo(visitors)).containsOnly("old");

    Command second =
        node.start(node.ssh("ann").forward("foo:80:127.0.0.1:" + fresh.port()).console());
    second.awaitOut("http://foo.localhost");
    first.awaitOut("RELAY-TAKEN-OVER");
    int before = served.get();
    for (int i = 0; i < 20; i++) {
      assertThat(answersTo(visitors)).as("round %s", i).containsOnly("new");
    }
    assertThat(served).hasValue(before);
    assertThat(first.isAlive()).isTrue();
  }

  private static List<String> answersTo(List<Socket> visitors) throws IOException {
    for (Socket visitor : visitors) {
      Wire.send(visitor, "GET / HTTP/1.1\r\nHost: foo.localhost\r\n\r\n");
    }
    List<String> bodies = new ArrayList<>();
    for (Socket visitor : visitors) {
      bodies.add(Wire.answer(visitor.getInputStream()).body());
    }
    return bodies;
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
