package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code -R foo:22:…}: a name that is reached through the relay alone, and by whom. */
class AliasIT {

  private static final String NONE = "RELAY-NO-SUCH-TUNNEL: there is no 'foo:22' that your key";

  @RegisterExtension final RelayNode node = RelayNode.with();

  private String local;

  @BeforeEach
  void serve() {
    local = "127.0.0.1:" + node.closing(LocalService.echo()).port();
  }

  private Command alias(String... words) {
    Command owner = node.start(node.ssh("ann").forward("foo:22:" + local).to(words));
    owner.awaitOut("^TCP Alias: foo:22$");
    return owner;
  }

  /** What comes back of what is sent through {@code ssh -W}. */
  private Command through(String person, String to) throws IOException {
    Command ssh = node.start(node.ssh(person).with("-W", to).to());
    ssh.stdin().write("over and back".getBytes(StandardCharsets.US_ASCII));
    ssh.stdin().close();
    return ssh;
  }

  private void assertReached(String person, String to) throws IOException {
    Command ssh = through(person, to);
    assertThat(ssh.exitStatus()).as(ssh.toString()).isZero();
    assertThat(ssh.out()).isEqualTo("over and back");
  }

  private void assertNotReached(String person) throws IOException {
    Command ssh = through(person, "foo:22");
    assertThat(ssh.exitStatus()).isEqualTo(255);
    assertThat(ssh.err())
        .contains("open failed: administratively prohibited: relay: " + NONE)
        .contains("stdio forwarding failed");
  }

  @ParameterizedTest
  @ValueSource(strings = {"foo:22", "FOO:22", "foo.localhost:22", "Foo.LocalHost.:22"})
  void owner_reachesIt_inAnySpelling(String to) throws IOException {
    Command owner = alias();

    assertReached("ann", to);
    owner.awaitOut("^foo.localhost:22  TCP  127.0.0.1:\\d+$");
  }

  @Test
  void stranger_doesNot_andLearnsNothing() throws IOException {
    assertNotReached("ben");
    String nobodys = node.curl("foo.localhost", "/");
    Command owner = alias();
    assertNotReached("ben");
    assertReached("ann", "foo:22");
    assertThat(node.curl("foo.localhost", "/")).isEqualTo(nobodys).endsWith("404");
    owner.close();
    node.awaitTunnels(0);
    assertThat(node.curl("foo.localhost", "/")).as("held").isEqualTo(nobodys);
  }

  @ParameterizedTest
  @ValueSource(strings = {"allow", "tcp-aliases-allowed-users"})
  void guests_areThoseThatTheOwnerNames(String word) throws IOException {
    alias(word + "=" + fingerprint("ann") + "," + fingerprint("ben"));
    assertReached("ben", "foo:22");
  }

  @Test
  void guests_areNobodyElse() throws IOException {
    alias("allow=" + fingerprint("somebody"));
    assertNotReached("ben");
    assertReached("ann", "foo:22");
  }

  @Test
  void guests_holdFromTheNextVisitorOn() throws Exception {
    String control = node.directory().resolve("control").toString();
    Command owner =
        node.start(node.ssh("ann").with("-M", "-S", control).forward("foo:22:" + local).console());
    owner.awaitOut("^TCP Alias: foo:22$");
    assertNotReached("ben");

    word(control, "allow=any");
    Awaitility.await().untilAsserted(() -> assertReached("ben", "foo:22"));
    try (Socket before = node.visit(node.localForward("ben", "foo:22"))) {
      assertEchoes(before);
      word(control, "allow=");
      Awaitility.await().untilAsserted(() -> assertNotReached("ben"));
      assertEchoes(before);
    }
  }

  private Command word(String control, String word) {
    return node.start(List.of("ssh", "-F", "none", "-S", control, "any", word));
  }

  private static void assertEchoes(Socket socket) throws IOException {
    socket.getOutputStream().write("echo".getBytes(StandardCharsets.US_ASCII));
    assertThat(socket.getInputStream().readNBytes(4)).asString().isEqualTo("echo");
  }

  private String fingerprint(String person) {
    String key = node.keys().of(person) + ".pub";
    return Command.run("ssh-keygen", "-lf", key).split(" ", -1)[1];
  }

  @ParameterizedTest
  @ValueSource(strings = {"allow=ben", "allow=SHA256:abc", "allow=any,SHA256:x", "allow= "})
  void badGuests_areRefusedOrNobody(String words) throws IOException {
    Command owner = node.start(node.ssh("ann").forward("foo:22:" + local).to(words));
    if (words.equals("allow= ")) {
      owner.awaitOut("TCP Alias: foo:22");
    } else {
      assertThat(owner.exitStatus()).isEqualTo(1);
      assertThat(owner.err()).contains("RELAY-OPTION-INVALID: '" + words + "': expected any, or ");
    }
    assertNotReached("ben");
  }

  @Test
  void twoPortsOfOneName_areTwo_andTheNameBelongsToOne() throws IOException {
    String other = "127.0.0.1:" + node.nginx("").port();
    Command owner =
        node.start(
            node.ssh("ann")
                .forward("foo:22:" + local)
                .forward("foo:8000:" + other)
                .forward("foo:80:" + other)
                .forward("FOO.localhost:22:" + other)
                .console());
    owner.awaitOut("^TCP Alias: foo:22$");
    owner.awaitOut("^TCP Alias: foo:8000$");
    owner.awaitOut("RELAY-NAME-TWICE: foo.localhost:22 is forwarded in this session already$");
    node.awaitTunnels(3);

    assertThat(node.curl("foo.localhost", "/hello")).endsWith("200");
    assertReached("ann", "foo:22");
    int port = node.localForward("ann", "foo:8000");
    assertThat(Command.run("curl", "-sS", "http://127.0.0.1:" + port + "/hello"))
        .isEqualTo("hello from nginx");
    Command ben =
        node.start(
            node.ssh("ben").forward("foo:5432:" + local).forward("bens:22:" + local).console());
    ben.awaitOut("RELAY-NAME-TAKEN: foo.localhost:5432 belongs to another key");
    ben.awaitOut("^TCP Alias: bens:22$");
  }

  @Test
  void sameIdentity_takesItOver_anotherWaits() throws IOException {
    Command first = alias();
    alias();
    first.awaitOut("RELAY-TAKEN-OVER: foo.localhost:22 was taken over");
    first.close();
    assertReached("ann", "foo:22");
  }

  @Test
  void droppedAlias_isHeldForItsOwner() throws IOException {
    alias().close();
    node.awaitTunnels(0);

    Command ben = node.start(node.ssh("ben").forward("foo:22:" + local).console());
    ben.awaitOut("RELAY-NAME-HELD: foo.localhost:22 is kept for its last owner");
    assertNotReached("ann");
    alias();
    assertReached("ann", "foo:22");
  }

  @Test
  void serviceDown_refusesTheChannelAlone() throws IOException {
    Command owner =
        node.start(
            node.ssh("ann")
                .forward("foo:22:127.0.0.1:" + LocalService.freePort())
                .forward("bar:22:" + local)
                .console());
    owner.awaitOut("^TCP Alias: bar:22$");
    Command ssh = node.start(node.ssh("ann").with("-W", "foo:22").to());
    assertThat(ssh.exitStatus()).isEqualTo(255);
    assertThat(ssh.err())
        .contains(
            "open failed: connect failed: relay: RELAY-502-NOTHING-LISTENING: "
                + "the local service does not take connections");
    assertThat(owner.isAlive()).isTrue();
    assertReached("ann", "bar:22");
  }

  @Test
  void aliasOnNoPort_isRefused() {
    Command ssh = node.start(node.ssh("ann").forward("foo:0:" + local).console());
    ssh.awaitOut("RELAY-PORT-INVALID: a private alias has the port that is asked for");
  }

  @Test
  void bytes_eachWay_toTheirEnds() throws Exception {
    long length = 32 << 20;
    CompletableFuture<String> received = new CompletableFuture<>();
    LocalService service =
        node.service(socket -> received.complete(Octets.exchange(socket, 1, length).join()));
    Command owner =
        node.start(node.ssh("ann").forward("foo:22:127.0.0.1:" + service.port()).console());
    owner.awaitOut("^TCP Alias: foo:22$");

    Socket visitor = node.visit(node.localForward("ann", "foo:22"));
    assertThat(Octets.exchange(visitor, 2, length).get(60, TimeUnit.SECONDS))
        .isEqualTo(Octets.digest(1, length));
    assertThat(received.get(20, TimeUnit.SECONDS)).isEqualTo(Octets.digest(2, length));
  }
}
