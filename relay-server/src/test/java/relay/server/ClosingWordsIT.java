package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Exec words that close tunnels, or the session. */
class ClosingWordsIT {

  @RegisterExtension final RelayNode node = RelayNode.with();

  private String local;

  @BeforeEach
  void serve() {
    local = "127.0.0.1:" + node.nginx("").port();
  }

  @Test
  void deadline_closesTheTunnels_andTheNameIsHeld() {
    Command ssh =
        node.start(
            node.ssh("ann")
                .forward("foo:80:" + local)
                .forward("bar:22:" + local)
                .to("deadline=500ms"));
    ssh.awaitOut("^HTTP: http://foo.localhost");
    ssh.awaitOut("^relay: RELAY-DEADLINE: foo.localhost is closed: its deadline has come$");
    ssh.awaitOut("^relay: RELAY-DEADLINE: bar.localhost:22 is closed");

    assertThat(node.server().census().tunnels()).isZero();
    assertThat(node.curl("foo.localhost", "/hello")).contains("RELAY-503-OFFLINE");
    assertThat(ssh.isAlive()).isTrue();
  }

  @Test
  void deadlineThatIsMovedBack_closesLater() {
    String control = node.directory().resolve("control").toString();
    Command ssh =
        node.start(
            node.ssh("ann").with("-M", "-S", control).forward("foo:80:" + local).to("deadline=5s"));
    ssh.awaitOut("^HTTP: http://foo.localhost");
    node.start(List.of("ssh", "-F", "none", "-S", control, "any", "deadline=1h"));
    node.start(node.ssh("ben").forward("other:80:" + local).to("deadline=6s"))
        .awaitOut("RELAY-DEADLINE: other.localhost");

    assertThat(node.curl("foo.localhost", "/hello")).endsWith("200");
  }

  @Test
  void autoClose_endsTheSessionWithItsLastTunnel() {
    AuditLines audit = node.closing(new AuditLines());
    Command ssh =
        node.start(
            node.ssh("ann")
                .forward("foo:80:" + local)
                .to("auto-close=true", "deadline=500ms", "local-forward=true"));
    ssh.awaitOut("RELAY-DEADLINE: foo.localhost");
    assertThat(ssh.exitStatus()).isEqualTo(255);
    assertThat(ssh.err()).contains("RELAY-AUTO-CLOSE: the session has no tunnel any more");
    assertThat(audit.one("expiry")).contains("code=RELAY-DEADLINE");
  }

  @Test
  void stoppedSsh_isToldTheLastLine_beforeItsEnd() throws Exception {
    Command ssh =
        node.start(
            node.ssh("ann")
                .forward("foo:80:" + local)
                .to("auto-close=true", "deadline=500ms", "local-forward=true"));
    Command goOn = node.start(List.of("sh", "-c", "read line; kill -CONT " + ssh.pid()));
    ssh.awaitOut("^HTTP: http://foo.localhost");
    ssh.signal("STOP");
    Awaitility.await()
        .pollInterval(Duration.ofMillis(10))
        .until(() -> node.server().census().tunnels() == 0);
    goOn.stdin().close(); // within a second, so no program is started now
    ssh.awaitOut("RELAY-DEADLINE: foo.localhost");
    ssh.awaitOut("RELAY-AUTO-CLOSE");
    assertThat(ssh.exitStatus()).isEqualTo(255);
  }

  @Test
  void autoClose_afterACancel_answersItFirst() {
    String control = node.directory().resolve("control").toString();
    Command ssh =
        node.start(
            node.ssh("ann")
                .with("-M", "-S", control)
                .forward("foo:80:" + local)
                .forward("bar:80:" + local)
                .to("auto-close=true"));
    ssh.awaitOut("^HTTP: http://bar.localhost");
    cancel(control, "foo:80:" + local);
    assertThat(node.curl("bar.localhost", "/hello")).endsWith("200");
    cancel(control, "bar:80:" + local);
    assertThat(ssh.exitStatus()).isEqualTo(255);
  }

  private void cancel(String control, String forward) {
    Command cancel =
        node.start(
            List.of("ssh", "-F", "none", "-S", control, "-O", "cancel", "-R", forward, "any"));
    assertThat(cancel.exitStatus()).isZero();
    assertThat(cancel.err()).isEmpty();
  }

  @Test
  void autoClose_whereEveryForwardWasRefused_endsAtOnce() {
    Command ssh = node.start(node.ssh("ann").forward("www:80:" + local).to("auto-close=true"));
    assertThat(ssh.exitStatus()).isEqualTo(255);
    assertThat(ssh.err()).contains("RELAY-AUTO-CLOSE");
  }
}
