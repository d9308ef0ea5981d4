package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Clients that went without a word are found, and what they had is released in time. */
class LivenessIT {

  @RegisterExtension
  final RelayNode node =
      RelayNode.with("limits.keepalive=500ms", "limits.keepalive-misses=4", "limits.name-hold=5s");

  private void awaitConnections(int wanted, Duration limit) {
    Awaitility.await()
        .atMost(limit)
        .untilAsserted(() -> assertThat(node.server().census().sshConnections()).isEqualTo(wanted));
  }

  @Test
  void silentClient_answersAndStays() {
    Command ssh = node.start(node.ssh("ann").forward("foo:80:127.0.0.1:1").console());
    ssh.awaitOut("http://foo.localhost");

    Awaitility.await()
        .during(Duration.ofSeconds(4))
        .atMost(Duration.ofSeconds(5))
        .until(() -> node.server().census().sshConnections() == 1 && ssh.isAlive());
  }

  @Test
  void stoppedClient_isFoundThoughVisitorsKnock() throws Exception {
    Command ssh =
        node.start(
            node.ssh("ann").forward("foo:80:127.0.0.1:1").forward("0:127.0.0.1:1").noCommand());
    int port = Integer.parseInt(ssh.awaitErr("Allocated port (\\d+) for remote forward"));
    ssh.signal("STOP");
    AtomicBoolean over = new AtomicBoolean();
    CompletableFuture<Integer> knocks = Octets.async(() -> knock(port, over));

    awaitConnections(0, Duration.ofMillis(4_600));
    over.set(true);
    assertThat(knocks.get(10, TimeUnit.SECONDS)).isGreaterThan(3);
    assertThat(node.curl("foo.localhost", "/")).contains("RELAY-503-OFFLINE");
  }

  /** A visitor comes, sends something and is gone, again and again. */
  private static int knock(int port, AtomicBoolean over) {
    int knocks = 0;
    while (!over.get()) {
      try (Socket visitor = new Socket(InetAddress.getLoopbackAddress(), port)) {
        visitor.getOutputStream().write('x');
        visitor.setSoTimeout(100);
        visitor.getInputStream().read();
      } catch (IOException e) {
        knocks++; // a time-out while the client is stopped, a refusal once it was found
      }
    }
    return knocks;
  }

  @Test
  void heldName_isReleasedToOthers() {
    Command ann = node.start(node.ssh("ann").forward("foo:80:127.0.0.1:1").console());
    ann.awaitOut("http://foo.localhost");
    ann.signal("KILL");
    awaitConnections(0, Duration.ofMillis(4_600));
    Command early = node.start(node.ssh("ben").forward("foo:80:127.0.0.1:1").console());
    early.awaitOut("RELAY-NAME-HELD");
    early.close();

    Awaitility.await()
        .atMost(Duration.ofSeconds(7))
        .until(() -> node.curl("foo.localhost", "/").contains("RELAY-404-UNKNOWN-NAME"));
    Command ben = node.start(node.ssh("ben").forward("foo:80:127.0.0.1:1").console());
    ben.awaitOut("http://foo.localhost");
  }
}
