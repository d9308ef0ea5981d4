package relay.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a visitor gets where there is no answer, and what his request may not claim. */
class RefusalsIT {

  @RegisterExtension
  final RelayNode node =
      RelayNode.with(
          "limits.open-timeout=1s",
          "limits.header-timeout=1s",
          "limits.http-idle=1s",
          "limits.upstream-idle=1s",
          "limits.keepalive=1s");

  private Command forward(int port) {
    Command ssh =
        node.start(
            node.ssh("ann")
                .forward("foo:80:127.0.0.1:" + port)
                .forward("0:127.0.0.1:" + port)
                .console());
    ssh.awaitOut("HTTP: ");
    return ssh;
  }

  private static int port(Command ssh) {
    return Integer.parseInt(ssh.awaitErr("Allocated port (\\d+) for remote forward"));
  }

  /** Answers with the head that came. */
  private LocalService mirror() {
    return node.service(socket -> {
      String head = Wire.head(socket.getInputStream());
      Wire.send(
          socket,
          "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: "
              + head.length()
              + "\r\n\r\n"
              + head);
    });
  }

  @Test
  void serviceDown_pageAndReset() throws Exception {
    Command ssh = forward(LocalService.freePort());

    assertThat(node.curl("foo.localhost", "/", "-i"))
        .startsWith("HTTP/1.1 502")
        .contains("RELAY-502-NOTHING-LISTENING")
        .containsIgnoringCase("relay-code: RELAY-502-NOTHING-LISTENING");
    Socket visitor = node.visit(port(ssh));
    assertThatThrownBy(() -> visitor.getInputStream().read())
        .isInstanceOf(SocketException.class)
        .hasMessageContaining("reset");
    assertThat(ssh.isAlive()).isTrue();
  }

  @Test
  void slowService_isWaitedFor() {
    CountDownLatch never = new CountDownLatch(1);
    forward(
        node.service(
                socket -> {
                  Wire.head(socket.getInputStream());
                  elapse(never, 3);
                  Wire.send(socket, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate");
                })
            .port());

    assertThat(node.curl("foo.localhost", "/")).isEqualTo("late\n200");
  }

  /** How slow the service is: three times every limit that is set here. */
  private static void elapse(CountDownLatch never, int seconds) {
    try {
      assertThat(never.await(seconds, TimeUnit.SECONDS)).isFalse();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void serviceClosesEarly_page() {
    forward(node.service(socket -> Wire.head(socket.getInputStream())).port());

    assertThat(node.curl("foo.localhost", "/"))
        .contains("RELAY-502-CLOSED-EARLY")
        .endsWith("\n502");
  }

  @Test
  void forgedAddress_isReplaced() {
    forward(mirror().port());
    String head =
        node.curl(
            "foo.localhost",
            "/",
            "-H",
            "X-Forwarded-For: 6.6.6.6",
            "-H",
            "X-Real-IP: 6.6.6.6",
            "-H",
            "Forwarded: for=6.6.6.6",
            "-H",
            "X-Forwarded-Proto: https",
            "-H",
            "X-Forwarded-Host: evil.example");

    assertThat(head)
        .doesNotContain("6.6.6.6", "evil.example", "https")
        .containsIgnoringCase("x-forwarded-for: 127.0.0.1")
        .containsIgnoringCase("x-forwarded-proto: http");
  }

  @Test
  void page_isAsTheVisitorReadsIt() {
    String[] browser = {"-i", "-H", "Accept: text/html,application/xhtml+xml,*/*;q=0.8"};
    assertThat(node.curl("no.localhost", "/", browser))
        .containsIgnoringCase("content-type: text/html")
        .contains("<html", "RELAY-404-UNKNOWN-NAME");
    assertThat(node.curl("no.localhost", "/", "-H", "Accept: application/json"))
        .startsWith("{")
        .contains("\"code\":\"RELAY-404-UNKNOWN-NAME\"");
    assertThat(node.curl("no.localhost", "/", "-i"))
        .startsWith("HTTP/1.1 404")
        .containsIgnoringCase("content-type: text/plain")
        .contains("RELAY-404-UNKNOWN-NAME");
  }

  @Test
  void droppedName_isOffline() {
    Command ssh = forward(mirror().port());
    ssh.signal("TERM");
    ssh.exitStatus();

    Awaitility.await()
        .atMost(Duration.ofSeconds(3))
        .untilAsserted(() ->
            assertThat(node.curl("foo.localhost", "/"))
                .contains("RELAY-503-OFFLINE")
                .endsWith("\n503"));
  }

  @Test
  void host_isTheNameHoweverItIsWritten() {
    forward(node.nginx("").port());

    for (String host :
        new String[] {
          "FOO.Localhost",
          "foo.localhost.",
          "foo.localhost:" + node.httpPort(),
          "FOO.LOCALHOST.:" + node.httpPort()
        }) {
      assertThat(node.curl(host, "/hello")).as(host).isEqualTo("hello from nginx\n\n200");
    }
  }

  @Test
  void clientStopped_openTimesOutAndTheSessionGoesOn() throws Exception {
    Command ssh = forward(node.nginx("").port());
    int port = port(ssh);
    ssh.signal("STOP");
    Socket leaves = node.visit(port);
    Socket waits = node.visit(port);
    leaves.close();

    long start = System.nanoTime();
    assertThat(node.curl("foo.localhost", "/hello"))
        .contains("RELAY-504-NO-CHANNEL")
        .endsWith("\n504");
    assertThat(Duration.ofNanos(System.nanoTime() - start))
        .isBetween(Duration.ofMillis(900), Duration.ofMillis(2_500));
    assertThatThrownBy(() -> waits.getInputStream().read()).isInstanceOf(SocketException.class);
    assertThat(node.server().census().streams()).isEqualTo(4);

    ssh.signal("CONT");
    Awaitility.await()
        .atMost(Duration.ofSeconds(3))
        .untilAsserted(() -> assertThat(node.server().census().streams()).isEqualTo(1));
    assertThat(node.curl("foo.localhost", "/hello")).isEqualTo("hello from nginx\n\n200");
    assertThat(ssh.isAlive()).isTrue();
  }
}
