package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands of the tutorials that have to do with {@code -L}, {@code -D} and {@code -J}. */
class LocalForwardsIT {

  @RegisterExtension final RelayNode node = RelayNode.with();

  /** A service that says its name, and then what it hears. */
  private String says(String name) {
    int port =
        node.service(
                socket -> {
                  socket.getOutputStream().write((name + ":").getBytes(StandardCharsets.US_ASCII));
                  socket.getInputStream().transferTo(socket.getOutputStream());
                })
            .port();
    return "127.0.0.1:" + port;
  }

  private void assertSays(String name, int port) throws IOException {
    try (Socket socket = node.visit(port)) {
      socket.getOutputStream().write("hello".getBytes(StandardCharsets.US_ASCII));
      socket.shutdownOutput();
      assertThat(socket.getInputStream().readAllBytes()).asString().isEqualTo(name + ":hello");
    }
  }

  private void owner(String... forwards) {
    Ssh ssh = node.ssh("ann");
    for (String forward : forwards) {
      ssh.forward(forward);
    }
    node.start(ssh.noCommand());
    node.awaitTunnels(forwards.length);
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost", "127.0.0.1", "[::1]"})
  void localhost_isTheRelaysTcpTunnel_forEveryKey(String loopback) throws IOException {
    int port = LocalService.freePort();
    owner(port + ":" + says("tunnel"));

    assertSays("tunnel", node.localForward("ann", loopback + ":" + port));
    assertSays("tunnel", node.localForward("ben", loopback + ":" + port));
  }

  @Test
  void severalInOneCommand_eachItsOwn_alsoAUnixSocket() throws IOException {
    owner("one:22:" + says("one"), "two:22:" + says("two"));
    int one = LocalService.freePort();
    int two = LocalService.freePort();
    Path socket = node.directory().resolve("two.sock");
    node.start(
        node.ssh("ann")
            .with("-L", one + ":one:22")
            .with("-L", "localhost:" + two + ":two.localhost:22")
            .with("-L", socket + ":two:22")
            .noCommand());
    node.awaitListening(one);
    node.awaitListening(two);
    Awaitility.await().until(() -> Files.exists(socket));

    assertSays("one", one);
    assertSays("two", two);
    Command nc = node.start(List.of("nc", "-NU", socket.toString()));
    nc.stdin().write("hello".getBytes(StandardCharsets.US_ASCII));
    nc.stdin().close();
    assertThat(nc.exitStatus()).isZero();
    assertThat(nc.out()).isEqualTo("two:hello");
  }

  @Test
  void gatewayOfTheClient_letsOthersIn() throws IOException {
    owner("one:22:" + says("one"));
    int port = LocalService.freePort();
    node.start(node.ssh("ann").with("-g", "-L", port + ":one:22").noCommand());
    node.awaitListening(port);

    assertThat(Listening.on(port)).contains("0.0.0.0");
    assertSays("one", port);
  }

  @Test
  void unknownName_isRefusedForTheChannelAlone() throws IOException {
    owner("one:22:" + says("one"));
    int good = LocalService.freePort();
    int bad = LocalService.freePort();
    Command ssh =
        node.start(
            node.ssh("ann")
                .with("-L", bad + ":nobody:22")
                .with("-L", good + ":one:22")
                .forward("mine:22:" + says("mine"))
                .console());
    ssh.awaitOut("^TCP Alias: mine:22$");
    try (Socket socket = node.visit(bad)) {
      assertThat(socket.getInputStream().read()).isEqualTo(-1);
    }
    ssh.awaitErr(
        "channel \\d+: open failed: administratively prohibited: relay: RELAY-NO-SUCH-TUNNEL: "
            + "there is no 'nobody:22'");
    ssh.awaitOut("^relay: RELAY-NO-SUCH-TUNNEL: there is no 'nobody:22'");
    assertSays("one", good);
    assertSays("mine", node.localForward("ann", "mine:22"));
  }

  @Test
  void socks_findsAliases_andRefusesOtherHostsAlone() {
    owner("site:8000:127.0.0.1:" + node.nginx("").port());
    int socks = node.socks("ann");
    String proxy = "127.0.0.1:" + socks;
    String url = "http://site:8000/hello";
    assertThat(Command.run("curl", "-sS", "--socks5-hostname", proxy, url))
        .isEqualTo("hello from nginx");

    for (String other : List.of("http://169.254.169.254/", "http://db.example.org:5432/")) {
      Command refused = node.start(List.of("curl", "-sS", "--socks5-hostname", proxy, other));
      assertThat(refused.exitStatus()).as(other).isEqualTo(97);
    }
    assertThat(Command.run("curl", "-sS", "--socks4a", proxy, url)).isEqualTo("hello from nginx");
  }

  @Test
  void sshConfig_withForwardsOfAllKinds_serves() throws IOException {
    owner("one:22:" + says("one"));
    int local = LocalService.freePort();
    int remote = LocalService.freePort();
    int socks = LocalService.freePort();
    Path config =
        config(
            """
            Host tunnels
              HostName 127.0.0.1
              Port %d
              LocalForward %d one:22
              RemoteForward %d %s
              DynamicForward %d
              ExitOnForwardFailure yes
            """
                .formatted(node.sshPort(), local, remote, says("remote"), socks));
    node.start(List.of("/usr/bin/ssh", "-F", config.toString(), "-N", "tunnels"));
    node.awaitTunnels(2);
    node.awaitListening(local);
    node.awaitListening(remote);
    node.awaitListening(socks);

    assertSays("one", local);
    assertSays("remote", remote);
    Command nc =
        node.start(
            List.of("nc", "-N", "-X", "5", "-x", "127.0.0.1:" + socks, "localhost", "" + remote));
    nc.stdin().write("hello".getBytes(StandardCharsets.US_ASCII));
    nc.stdin().close();
    assertThat(nc.exitStatus()).as(nc::toString).isZero();
    assertThat(nc.out()).isEqualTo("remote:hello");
  }

  /** The server behind the name is the relay once more: any that speaks SSH would do. */
  @Test
  void jump_reachesTheServerBehindAnAlias_andTunnelsWithinTheTunnel() throws IOException {
    owner("box:22:127.0.0.1:" + node.sshPort());
    Path config =
        config(
            """
            Host relay
              HostName 127.0.0.1
              Port %d
            Host box
              HostKeyAlias [127.0.0.1]:%d
            """
                .formatted(node.sshPort(), node.sshPort()));
    Command inner =
        node.start(
            List.of(
                "/usr/bin/ssh",
                "-F",
                config.toString(),
                "-J",
                "relay",
                "-R",
                "within:80:127.0.0.1:" + node.nginx("").port(),
                "box"));
    inner.awaitOut("^HTTP: http://within.localhost");

    assertThat(node.curl("within.localhost", "/hello")).isEqualTo("hello from nginx\n\n200");
  }

  private Path config(String hosts) throws IOException {
    List<String> common =
        new ArrayList<>(
            List.of(
                "Host *",
                "  User relay",
                "  IdentityFile " + node.keys().of("ann"),
                "  IdentitiesOnly yes",
                "  BatchMode yes",
                "  UserKnownHostsFile " + node.knownHosts(),
                "  GlobalKnownHostsFile none",
                "  StrictHostKeyChecking yes"));
    return Files.writeString(
        node.directory().resolve("config"), hosts + String.join("\n", common) + "\n");
  }
}
