package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** How sessions, names and logins end, as an operator can account for it: one event each. */
class AuditedEndsIT {

  private static final String LOCAL = "127.0.0.1:9";

  @RegisterExtension
  final RelayNode node =
      RelayNode.with(
          "ssh.exempt-sources=192.0.2.1",
          "limits.logins-per-source=2",
          "limits.penalty-min=1h",
          "limits.penalty-max=2h",
          "limits.login-grace=6s",
          "limits.name-hold=100ms");

  private AuditLines audit;

  @BeforeEach
  void listen() {
    audit = node.closing(new AuditLines());
  }

  private String fingerprint(String person) {
    return Command.run("ssh-keygen", "-lf", node.keys().of(person) + ".pub").split(" ", -1)[1];
  }

  @Test
  void release_ofALiveTunnel_isOneRecord() {
    Command ann = node.start(node.ssh("ann").forward("foo:80:" + LOCAL).console());
    ann.awaitOut("HTTP: ");
    assertThat(node.start(node.ssh("ann").to("release", "foo")).exitStatus()).isZero();
    ann.awaitOut("RELAY-NAME-RELEASED");

    assertThat(audit.one("cancel"))
        .contains("what=http://foo.localhost:", "code=RELAY-NAME-RELEASED");
  }

  @Test
  void hold_thatIsOver_isAnExpiry() {
    Command ann = node.start(node.ssh("ann").forward("foo:22:" + LOCAL).console());
    ann.awaitOut("TCP Alias: ");
    ann.close();
    node.awaitTunnels(0);
    Awaitility.await()
        .untilAsserted(() -> {
          Command ben = node.start(node.ssh("ben").forward("foo:22:" + LOCAL).console());
          assertThat(ben.awaitOut("TCP Alias: |RELAY-NAME-HELD")).isEqualTo("TCP Alias: ");
        });

    assertThat(audit.one("expiry"))
        .contains("identity=ann", "what=foo.localhost", "code=RELAY-HOLD-OVER");
  }

  @Test
  void key_whoseTimeIsOver_isAnExpiry() throws Exception {
    String soon =
        DateTimeFormatter.ofPattern("yyyyMMddHHmmss")
            .withZone(ZoneOffset.UTC)
            .format(Instant.now().plusSeconds(10));
    node.authorize("expiry-time=\"" + soon + "Z\" " + node.keys().publicKey("ann"));
    Command ann = node.start(node.ssh("ann").noCommand());
    assertThat(ann.exitStatus()).isEqualTo(255);

    assertThat(ann.err()).contains("RELAY-KEY-EXPIRED: the time of your key is over");
    assertThat(audit.one("expiry"))
        .contains("fingerprint=" + fingerprint("ann"), "code=RELAY-KEY-EXPIRED");
    assertThat(audit.of("kick")).isEmpty();
  }

  @Test
  void refusedCertificate_isToldByItsKey_andItsAuthority() {
    node.keys().certify("ca", "eve", "-n", "root");
    Command eve =
        node.start(
            node.ssh("eve", "root")
                .option("PubkeyAcceptedAlgorithms=ssh-ed25519-cert-v01@openssh.com")
                .noCommand()); // else the key would be tried behind it, and the last is told
    assertThat(eve.exitStatus()).isEqualTo(255);

    assertThat(audit.one("login-refused"))
        .contains(
            "fingerprint=" + fingerprint("eve"),
            "code=RELAY-LOGIN-REFUSED",
            "by a certificate of " + fingerprint("ca"));
  }

  private Socket silent() throws IOException {
    Socket socket = node.closing(new Socket());
    socket.setSoTimeout(10_000);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), node.sshPort()));
    return socket;
  }

  @Test
  void whoIsKeptOut_orIsLate_isOneRecordEach() throws Exception {
    Socket first = silent();
    Socket second = silent();
    Awaitility.await().until(() -> node.server().census().sshConnections() == 2);
    Socket third = silent();
    assertThat(new String(third.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
        .startsWith("relay: RELAY-LOGIN-SOURCE");

    assertThat(audit.one("login-refused"))
        .contains("source=127.0.0.1", "code=RELAY-LOGIN-SOURCE")
        .doesNotContain("fingerprint=");
    first.getInputStream().readAllBytes();
    second.getInputStream().readAllBytes();
    Awaitility.await().until(() -> audit.of("login-refused").size() == 3);
    assertThat(audit.of("login-refused").get(2)).contains("code=RELAY-LOGIN-LATE");
  }
}
