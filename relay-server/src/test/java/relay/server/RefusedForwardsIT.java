package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What is refused is refused alone and says why; the session and its other tunnels live on. */
class RefusedForwardsIT {

  @RegisterExtension final RelayNode node = RelayNode.with();

  private String service;

  @BeforeEach
  void serve() {
    service = "127.0.0.1:" + node.nginx("").port();
  }

  @Test
  void whatIsNotSupportedYet_isSaidSo() {
    Command ssh = refuse("shop.example.org:22:", "user\\:pass@foo:80:");

    for (String asked : List.of("shop.example.org:22", "…@foo")) {
      ssh.awaitOut("relay: RELAY-NOT-SUPPORTED-YET: '" + asked + "': .* are not supported yet$");
    }
    awaitWarnings(ssh, "port 22, port 80");
  }

  @Test
  void addressOnAPortThatIsSharedByName_isRefused() {
    Command ssh = refuse("127.0.0.1:80:", "192.0.2.1:443:", "[::1]:80:", "[::]:443:");

    for (String address : List.of("127\\.0\\.0\\.1", "192\\.0\\.2\\.1", "::1", "::")) {
      ssh.awaitOut(
          "RELAY-ADDRESS-NOT-ALLOWED: .* shared by name and not bound on " + address + ";");
    }
    awaitWarnings(ssh, "port 80, port 443, port 80, port 443");
  }

  @Test
  void reservedName_isRefused() {
    Command ssh = refuse("www:80:", "ADMIN:80:", "api.localhost:443:");

    for (String name : List.of("www", "admin", "api")) {
      ssh.awaitOut("RELAY-NAME-RESERVED: '?" + name + "\\b");
    }
    awaitWarnings(ssh, "port 80, port 80, port 443");
  }

  @Test
  void invalidName_isRefused() {
    String tooLong = "a".repeat(64);
    Command ssh =
        refuse("foo_bar:80:", tooLong + ":80:", "xn--bcher-kva:80:", "a.b.localhost:80:", "-x:80:");

    ssh.awaitOut("RELAY-NAME-INVALID: 'foo_bar' .*: letters \\(a to z\\), digits, hyphens");
    ssh.awaitOut("RELAY-NAME-INVALID: 'a{64}' .*: at most 63 characters between dots$");
    ssh.awaitOut("RELAY-NAME-INVALID: 'xn--bcher-kva' .*punycode");
    ssh.awaitOut("RELAY-NAME-INVALID: 'a.b.localhost': a name has one label below localhost$");
    ssh.awaitOut("RELAY-NAME-INVALID: '-x' .*: no hyphen");
  }

  @Test
  void hostileHost_isShownHarmless() {
    Command ssh = refuse("[fe80::1%\u001b[31m]:80:", "x\u001b]0;y\u0007:80:");

    ssh.awaitOut("RELAY-ADDRESS-NOT-ALLOWED: .*fe80::1%\\\\u\\{1b}\\[31m");
    ssh.awaitOut("RELAY-NAME-INVALID: 'x\\\\u\\{1b}]0;y\\\\u\\{7}'");
    assertThat(ssh.out()).doesNotContain("\u001b");
  }

  @Test
  void privilegedPort_isRefused() {
    Command ssh = refuse("22:", "127.0.0.1:1023:");

    ssh.awaitOut("RELAY-PORT-NOT-ALLOWED: port 22 may not be asked for; allowed are 1024-65535");
    ssh.awaitOut("RELAY-PORT-NOT-ALLOWED: port 1023 may not");
    awaitWarnings(ssh, "port 22, port 1023");
  }

  @Test
  void portOfTheRelayItself_isRefused() {
    Command ssh = refuse(node.sshPort() + ":", node.httpPort() + ":");

    ssh.awaitOut("RELAY-PORT-NOT-ALLOWED: port " + node.sshPort() + " is the relay's own$");
    ssh.awaitOut("RELAY-PORT-NOT-ALLOWED: port " + node.httpPort() + " is the relay's own$");
  }

  @Test
  void portOfAnotherProgram_isRefused_whicheverFamilyItHas() throws Exception {
    int four = LocalService.freePort();
    int six = LocalService.freePort();
    node.closing(new ServerSocket(four, 1, InetAddress.getLoopbackAddress()));
    node.closing(new ServerSocket(six, 1, InetAddress.getAllByName("::1")[0]));
    Command ssh = refuse(four + ":", six + ":");

    ssh.awaitOut("RELAY-PORT-IN-USE: port " + four + " is in use by another program");
    ssh.awaitOut("RELAY-PORT-IN-USE: port " + six + " is in use by another program");
    assertThat(Listening.on(four)).hasSize(1);
    assertThat(Listening.on(six)).hasSize(1);
  }

  @Test
  void nameAndPortOfAnotherKey_areRefused() {
    int port = LocalService.freePort();
    node.start(
        node.ssh("ben").forward("bens:80:" + service).forward(port + ":" + service).noCommand());
    node.awaitTunnels(2);
    Command ssh = refuse("bens:80:", "bens:443:", port + ":");

    ssh.awaitOut("RELAY-NAME-TAKEN: bens.localhost belongs to another key; ask for another$");
    ssh.awaitOut("RELAY-PORT-TAKEN: port " + port + " belongs to another key; ask for another$");
    awaitWarnings(ssh, "port 80, port 443, port " + port);
  }

  @Test
  void nameThatAnotherKeyJustDropped_isKeptForIt() {
    int port = LocalService.freePort();
    Command ben =
        node.start(
            node.ssh("ben")
                .forward("bens:80:" + service)
                .forward(port + ":" + service)
                .noCommand());
    node.awaitTunnels(2);
    ben.close();
    node.awaitTunnels(0);
    Command ssh = refuse("bens:80:", port + ":");

    ssh.awaitOut("RELAY-NAME-HELD: bens.localhost is kept for its last owner");
    ssh.awaitOut("RELAY-PORT-HELD: port " + port + " is kept for its last owner");
    assertThat(node.curl("bens.localhost", "/")).contains("RELAY-503-OFFLINE").endsWith("503");
  }

  @Test
  void theSameEndpointTwiceInOneSession_isRefusedOnce() {
    int port = LocalService.freePort();
    List<String> forwards =
        List.of("foo:80:", "foo:443:", "FOO.localhost:80:", "80:", ":80:", port + ":");
    Ssh words = node.ssh("ann");
    forwards.forEach(forward -> words.forward(forward + service));
    Command ssh = node.start(words.forward("127.0.0.1:" + port + ":" + service).console());

    ssh.awaitOut("RELAY-PORT-TWICE: port " + port + " is forwarded in this session already$");
    ssh.awaitOut("RELAY-NAME-TWICE: foo.localhost is forwarded in this session already$");
    ssh.awaitOut("RELAY-NAME-TWICE: -R 80: is forwarded in this session already$");
    node.awaitTunnels(3);
    awaitWarnings(ssh, "port 443, port 80, port 80, port " + port);
    assertThat(node.curl("foo.localhost", "/hello")).endsWith("200");
  }

  @Test
  void refusal_withExitOnForwardFailure_endsSsh() {
    Command ssh =
        node.start(
            node.ssh("ann")
                .option("ExitOnForwardFailure=yes")
                .forward("alive:80:" + service)
                .forward("www:80:" + service)
                .noCommand());

    assertThat(ssh.exitStatus()).isEqualTo(255);
    assertThat(ssh.err().lines())
        .contains("Error: remote port forwarding failed for listen port 80");
  }

  /** Asks for these and, last, for a name that is to be had; which then must serve. */
  private Command refuse(String... forwards) {
    Ssh words = node.ssh("ann");
    for (String forward : forwards) {
      words.forward(forward + service);
    }
    Command ssh = node.start(words.forward("alive:80:" + service).console());
    ssh.awaitOut("HTTP: http://alive.localhost:");
    assertThat(node.curl("alive.localhost", "/hello")).isEqualTo("hello from nginx\n\n200");
    assertThat(ssh.isAlive()).isTrue();
    return ssh;
  }

  /** What ssh warns of, without the words that are always the same; on an output of its own. */
  private static void awaitWarnings(Command ssh, String wanted) {
    String warning = "Warning: remote port forwarding failed for listen ";
    Awaitility.await()
        .untilAsserted(() ->
            assertThat(ssh.err().lines().filter(line -> line.startsWith(warning)))
                .extracting(line -> line.substring(warning.length()))
                .containsExactly(wanted.split(", ", -1)));
  }
}
