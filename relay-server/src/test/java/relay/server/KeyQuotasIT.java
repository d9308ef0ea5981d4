package relay.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What one key may have at once, in all its sessions; nobody else notices. */
class KeyQuotasIT {

  private static final int SESSIONS = 3;
  private static final int CHANNELS = 12;
  private static final int VISITORS = 2;

  @RegisterExtension
  final RelayNode node =
      RelayNode.with(
          "limits.sessions-per-identity=" + SESSIONS,
          "limits.channels-per-identity=" + CHANNELS,
          "limits.visitors-per-identity=" + VISITORS);

  private AuditLines audit;

  @BeforeEach
  void listen() {
    audit = node.closing(new AuditLines());
  }

  private RawClient raw(String person) throws IOException {
    return node.closing(new RawClient(node.sshPort(), node.keys().of(person)));
  }

  private Command console(String person, String... forwards) {
    Ssh words = node.ssh(person);
    List.of(forwards).forEach(words::forward);
    Command ssh = node.start(words.console());
    if (forwards.length > 0) {
      ssh.awaitOut("^(HTTP|TCP|TCP Alias): ");
    }
    return ssh;
  }

  @Test
  void session_tooMany_isEndedWithALine_andOthersComeIn() throws Exception {
    RawClient first = raw("ann");
    console("ann", "a:80:127.0.0.1:9");
    console("ann", "b:80:127.0.0.1:9");
    Command more = node.start(node.ssh("ann").noCommand());
    assertThat(more.exitStatus()).isEqualTo(255);
    assertThat(more.err())
        .containsPattern(
            "Received disconnect from .*: relay: RELAY-TOO-MANY-SESSIONS: a key may have 3"
                + " sessions at once");
    assertThat(audit.one("refusal"))
        .contains("identity=ann", "what=a session", "code=RELAY-TOO-MANY-SESSIONS");
    console("ben", "c:80:127.0.0.1:9");
    node.awaitTunnels(3);

    first.close();
    Awaitility.await().until(() -> node.server().census().sshConnections() == 3);
    console("ann", "d:80:127.0.0.1:9");
  }

  /** What it asks for is on its way when it is turned away. */
  @Test
  void session_tooMany_thatAsksForForwards_isToldWhy() throws Exception {
    raw("ann");
    console("ann", "a:80:127.0.0.1:9");
    console("ann", "b:80:127.0.0.1:9");
    for (int i = 0; i < 10; i++) {
      Ssh words = node.ssh("ann").with("-L", LocalService.freePort() + ":a:80");
      for (int forward = 0; forward < 30; forward++) {
        words.forward("x" + forward + ":80:127.0.0.1:9");
      }
      Command more = node.start(words.noCommand());
      assertThat(more.exitStatus()).isEqualTo(255);
      assertThat(more.err()).contains("relay: RELAY-TOO-MANY-SESSIONS: a key may have 3 sessions");
    }
  }

  @Test
  void channels_ofAllSessions_areRefusedAlone_andComeFreeAgain() throws Exception {
    RawClient one = raw("ann");
    RawClient two = raw("ann");
    Command console = console("ann"); // which is a channel too
    Awaitility.await().until(() -> node.server().census().streams() == 1);
    List<RawClient.RawChannel> open = new ArrayList<>();
    for (int i = 0; i < CHANNELS - 1; i++) {
      open.add((i % 2 == 0 ? one : two).open("session", none -> {}));
    }
    for (RawClient.RawChannel channel : open) {
      assertThat(channel.answer()).isEqualTo("open");
    }
    assertThat(two.open("session", none -> {}).answer())
        .isEqualTo(
            "refused 4 relay: RELAY-TOO-MANY-CHANNELS: a key may have 12 open channels, those of"
                + " all its sessions together");
    assertThat(audit.one("refusal")).contains("what=a channel", "code=RELAY-TOO-MANY-CHANNELS");
    assertThat(console.isAlive()).isTrue();
    assertThat(raw("ben").open("session", none -> {}).answer()).isEqualTo("open");

    one.close();
    Awaitility.await()
        .untilAsserted(
            () -> assertThat(two.open("session", none -> {}).answer()).isEqualTo("open"));
  }

  /** A visitor by HTTP who stays, with the head of what he was answered. */
  private Socket stay(String host) throws IOException {
    Socket visitor = node.visit(node.httpPort());
    assertThat(ask(visitor, host)).startsWith("HTTP/1.1 200 ");
    return visitor;
  }

  private static String ask(Socket visitor, String host) throws IOException {
    visitor
        .getOutputStream()
        .write(
            ("HEAD /hello HTTP/1.1\r\nHost: " + host + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
    return Wire.head(visitor.getInputStream());
  }

  @Test
  void visitorsByHttp_tooMany_get429_andOthersAreServed() throws Exception {
    String local = ":80:127.0.0.1:" + node.nginx("").port();
    Command ann = console("ann", "foo" + local, "bar" + local);
    console("ben", "bens" + local);
    node.awaitTunnels(3);
    Socket first = stay("foo.localhost");
    Socket second = stay("bar.localhost");
    assertThat(ask(second, "foo.localhost")).as("it is one all the same").contains(" 200 ");
    Socket third = node.visit(node.httpPort());

    assertThat(ask(third, "foo.localhost"))
        .startsWith("HTTP/1.1 429 ")
        .containsIgnoringCase("\nretry-after: 5")
        .containsIgnoringCase("\nrelay-code: RELAY-429-TOO-MANY-VISITORS")
        .containsIgnoringCase("\nconnection: close");
    ann.awaitOut("^relay: RELAY-429-TOO-MANY-VISITORS: a key may have 2 visitors' connections");
    assertThat(audit.one("refusal"))
        .contains("identity=ann", "what=a visitor of foo.localhost", "code=RELAY-429");
    assertThat(node.curl("bens.localhost", "/hello")).endsWith("200");
    assertThat(ask(first, "foo.localhost")).startsWith("HTTP/1.1 200 ");

    assertThat(ask(first, "bens.localhost")).as("it counts as ben's now").contains(" 200 ");
    stay("foo.localhost").close();
    Awaitility.await()
        .untilAsserted(() -> assertThat(node.curl("foo.localhost", "/hello")).endsWith("200"));
    second.close();
  }

  @Test
  void visitorsAfterAnUpgrade_countUntilTheyAreGone() throws Exception {
    LocalService service =
        node.service(socket -> {
          String head = Wire.head(socket.getInputStream());
          if (!head.toLowerCase(Locale.ROOT).contains("upgrade: raw")) {
            Wire.send(socket, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            return;
          }
          Wire.send(
              socket,
              "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\n");
          socket.getInputStream().transferTo(socket.getOutputStream());
        });
    console("ann", "foo:80:127.0.0.1:" + service.port());
    node.awaitTunnels(1);
    List<Socket> upgraded = new ArrayList<>();
    for (int i = 0; i < VISITORS; i++) {
      Socket visitor = node.visit(node.httpPort());
      Wire.send(
          visitor,
          "GET / HTTP/1.1\r\nHost: foo.localhost\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\n");
      assertThat(Wire.head(visitor.getInputStream())).startsWith("HTTP/1.1 101 ");
      assertEchoes(visitor);
      upgraded.add(visitor);
    }
    assertThat(ask(node.visit(node.httpPort()), "foo.localhost")).startsWith("HTTP/1.1 429 ");
    assertEchoes(upgraded.get(1));
    upgraded.get(0).close();
    Awaitility.await()
        .untilAsserted(
            () -> assertThat(ask(node.visit(node.httpPort()), "foo.localhost")).contains(" 200 "));
  }

  private static void assertEchoes(Socket socket) throws IOException {
    socket.getOutputStream().write("echo".getBytes(StandardCharsets.US_ASCII));
    assertThat(socket.getInputStream().readNBytes(4)).asString().isEqualTo("echo");
  }

  @Test
  void visitorsByTcp_tooMany_areReset_andByAnAliasRefused() throws Exception {
    int port = LocalService.freePort();
    String local = ":127.0.0.1:" + node.closing(LocalService.echo()).port();
    console("ann", port + local, "foo:22" + local);
    node.awaitTunnels(2);
    RawClient guest = raw("ann");
    try (Socket first = node.visit(port)) {
      assertEchoes(first);
      RawClient.RawChannel second = guest.openDirect("foo", 22);
      assertThat(second.answer()).isEqualTo("open");

      Socket third = node.visit(port);
      assertThatThrownBy(() -> third.getInputStream().read()).isInstanceOf(SocketException.class);
      assertThat(guest.openDirect("foo", 22).answer())
          .startsWith("refused 4 relay: RELAY-429-TOO-MANY-VISITORS: ");
      assertEchoes(first);
    }
    Awaitility.await().ignoreExceptions().untilAsserted(() -> assertEchoes(node.visit(port)));
  }

  @Test
  void bytes_beyondTheRate_wait_andNoneIsLost() throws Exception {
    node.restartWith("limits.bytes-per-second=2MB");
    int port = LocalService.freePort();
    LocalService service = node.service(socket -> Octets.exchange(socket, 1, 4 << 20).join());
    console("ann", port + ":127.0.0.1:" + service.port());
    int bens = LocalService.freePort();
    console("ben", bens + ":127.0.0.1:" + node.closing(LocalService.echo()).port());
    long start = System.nanoTime();

    CompletableFuture<String> anns = Octets.exchange(node.visit(port), 2, 2 << 20);
    try (Socket others = node.visit(bens)) {
      for (int i = 0; i < 20; i++) {
        long asked = System.nanoTime();
        assertEchoes(others);
        assertThat(Duration.ofNanos(System.nanoTime() - asked))
            .as("who is not limited")
            .isLessThan(Duration.ofMillis(500));
      }
    }
    assertThat(anns.isDone()).as("ann still waits").isFalse();
    assertThat(anns.get(20, TimeUnit.SECONDS)).isEqualTo(Octets.digest(1, 4 << 20));
    assertThat(Duration.ofNanos(System.nanoTime() - start))
        .as("6 MB at 2 MB a second, the first 2 at once")
        .isBetween(Duration.ofMillis(1800), Duration.ofSeconds(8));
  }
}
