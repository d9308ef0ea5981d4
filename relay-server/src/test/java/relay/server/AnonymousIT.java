package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import relay.server.admin.AdminClient;

/** {@code ssh.anonymous}: whoever comes is let in, as somebody new each time. */
class AnonymousIT {

  @RegisterExtension
  final RelayNode node =
      RelayNode.with(
          "ssh.anonymous=yes",
          "limits.names-per-identity=3",
          "limits.anonymous-per-source=4",
          "ssh.exempt-sources=192.0.2.1");

  private String service;

  @BeforeEach
  void serve() {
    service = "127.0.0.1:" + node.nginx("").port();
  }

  /** Without anything that could be asked. */
  private Ssh nokey() throws Exception {
    return node.sshAnswering("nokey", "x").option("BatchMode=yes");
  }

  @Test
  void nokey_hasARandomName_whichIsNobodysOnceHeIsGone() throws Exception {
    Command one = node.start(nokey().forward("80:" + service).console());
    String name = one.awaitOut("HTTP: http://([^:]+):");
    assertThat(name).matches("[a-z]+-[a-z]+-[a-z2-9]{5}\\.localhost");
    one.awaitErr("relay: -R 80 is " + name);
    assertThat(node.curl(name, "/hello")).isEqualTo("hello from nginx\n\n200");
    Command other = node.start(nokey().forward("80:" + service).console());
    assertThat(other.awaitOut("HTTP: http://([^:]+):")).isNotEqualTo(name);
    one.close();
    node.awaitTunnels(1);

    assertThat(node.curl(name, "/hello")).endsWith("\n404");
    assertThat(AdminClient.ask(node.dataDir(), "{\"do\":\"names\"}", Duration.ofSeconds(10)))
        .hasSize(2) // the other's, and the end
        .noneMatch(line -> line.contains(name));
    assertThat(Files.readString(node.dataDir().resolve("names"))).doesNotContain("anonymous");
    Command again = node.start(nokey().forward("80:" + service).console());
    assertThat(again.awaitOut("HTTP: http://([^:]+):")).isNotEqualTo(name);
  }

  @Test
  void anyUser_comesInWithoutAPrompt_andAKeyAsItself() throws Exception {
    Command ssh = node.start(node.sshAnswering("anybody", "x").to("whoami"));
    assertThat(ssh.exitStatus()).isZero();
    assertThat(ssh.out())
        .contains("identity: anonymous\n", "fingerprint: anonymous:", "user: anybody\n")
        .contains("listen: names of its own, and TCP ports\n", "open: nothing");
    Command ann = node.start(node.ssh("ann").to("whoami"));
    assertThat(ann.exitStatus()).isZero();
    assertThat(ann.out()).contains("identity: ann\n");
  }

  @Test
  void chosenNames_areRefused_andPortsAreThere() throws Exception {
    int port = LocalService.freePort();
    Command ssh =
        node.start(
            nokey()
                .forward("foo:80:" + service)
                .forward("foo:22:" + service)
                .forward("shop.example.org:80:" + service)
                .forward(port + ":" + service)
                .forward("localhost/api:80:" + service)
                .console());
    for (String name : new String[] {"foo.localhost", "foo.localhost:22", "shop.example.org"}) {
      ssh.awaitOut(
          "RELAY-NOT-PERMITTED: "
              + name
              + " is not permitted by your login without a key, which may listen on names of its"
              + " own, and TCP ports$");
    }
    ssh.awaitOut("HTTP: http://[a-z0-9-]+.localhost:[0-9]+/api");
    node.awaitTunnels(2);
    assertThat(
            Command.run("curl", "-sS", "--max-time", "20", "http://127.0.0.1:" + port + "/hello"))
        .startsWith("hello from nginx");
    ssh.close();
    node.awaitTunnels(0);
    Command ann = node.start(node.ssh("ann").forward(port + ":" + service).console());
    ann.awaitOut("TCP: ");
  }

  @Test
  void hostsAndPrivateNames_areNotReached() throws Exception {
    Command ann = node.start(node.ssh("ann").forward("db:5432:" + service).to("allow=any"));
    ann.awaitOut("TCP Alias: db:5432");
    Awaitility.await().untilAsserted(() -> assertThat(visit(node.ssh("ben"))).isTrue());
    assertThat(visit(nokey())).isFalse();
    Command outside = node.start(nokey().with("-W", "192.0.2.1:80").to());
    assertThat(outside.exitStatus()).isEqualTo(255);
    assertThat(outside.err()).contains("RELAY-OPEN-NOT-ALLOWED");
  }

  private boolean visit(Ssh words) throws Exception {
    Command ssh = node.start(words.with("-W", "db:5432").to());
    ssh.stdin().write("GET /hello HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    ssh.stdin().close();
    return ssh.exitStatus() == 0 && ssh.out().contains("hello from nginx");
  }

  @Test
  void quota_isThatOfTheSource_whoeverHeIsThisTime() throws Exception {
    Command one = node.start(nokey().forward("80:" + service).forward("443:" + service).console());
    one.awaitOut("HTTP: ");
    node.awaitTunnels(2);
    Command other =
        node.start(nokey().forward("80:" + service).forward("443:" + service).console());
    other.awaitOut("RELAY-TOO-MANY-TUNNELS: ");
    Command ann = node.start(node.ssh("ann").forward("80:" + service).console());
    ann.awaitOut("HTTP: ");
    one.close();
    node.awaitTunnels(2);
    Command late = node.start(nokey().forward("80:" + service).console());
    late.awaitOut("HTTP: ");
  }

  @Test
  void source_withTooManySessions_isTold_andOthersComeIn() throws Exception {
    Command first = node.start(nokey().console());
    first.awaitErr("relay: -R 80 is ");
    for (int i = 0; i < 3; i++) {
      node.start(nokey().noCommand()).awaitErr("relay: -R 80 is ");
    }
    Command more = node.start(nokey().noCommand());
    assertThat(more.exitStatus()).isEqualTo(255);
    assertThat(more.err())
        .contains("relay: RELAY-LOGIN-ANONYMOUS: your address has 4 sessions without a key");
    Command other = node.start(nokey().with("-b", "127.0.0.9").noCommand());
    other.awaitErr("relay: -R 80 is ");
    node.start(node.ssh("ann").noCommand()).awaitErr("relay: -R 80 is ");
    first.close();
    Awaitility.await()
        .untilAsserted(() -> assertThat(node.start(nokey().to("whoami")).exitStatus()).isZero());
  }

  @Test
  void tokens_areAskedFor_andAnEmptyAnswerIsNone() throws Exception {
    String token = node.ask("{\"do\":\"token-create\",\"label\":\"ci\"}").path("token").asText();
    Command ci = node.start(node.sshAnswering("relay", token).to("whoami"));
    assertThat(ci.exitStatus()).isZero();
    assertThat(ci.out()).contains("identity: ci\n");
    Command none = node.start(node.sshAnswering("relay", "").to("whoami"));
    assertThat(none.exitStatus()).isZero();
    assertThat(none.out()).contains("identity: anonymous\n");
    String wrong = "relay_aaaaaaaa_" + "a".repeat(26);
    assertThat(node.start(node.sshAnswering("relay", wrong).to("whoami")).exitStatus())
        .isEqualTo(255);
    Command nokey = node.start(nokey().to("whoami"));
    assertThat(nokey.exitStatus()).isZero();
    assertThat(nokey.out()).contains("identity: anonymous\n");
  }
}
