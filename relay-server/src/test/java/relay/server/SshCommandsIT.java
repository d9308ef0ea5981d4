package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands of the tutorials that have to do with {@code -R}. */
class SshCommandsIT {

  @RegisterExtension final RelayNode node = RelayNode.with();

  private int port;
  private String local;

  @BeforeEach
  void serve() {
    port = LocalService.freePort();
    local = "127.0.0.1:" + node.closing(LocalService.echo()).port();
  }

  @ParameterizedTest
  @ValueSource(strings = {"-N", "-nNT", "-NC", "-NT", "-NvvC"})
  void forwardWithoutAConsole_serves(String flags) throws IOException {
    node.start(node.ssh("ann").with(flags).forward(port + ":" + local).to());
    node.awaitListening(port);
    assertEchoes(port);
  }

  @Test
  void quiet_printsNothingAtAll() throws IOException {
    Command ssh = node.start(node.ssh("ann").with("-q").forward(port + ":" + local).noCommand());
    node.awaitListening(port);
    assertEchoes(port);
    ssh.signal("TERM");
    ssh.exitStatus();
    assertThat(ssh.err() + ssh.out()).isEmpty();
  }

  @Test
  void background_returnsOnceTheForwardIsThere() throws IOException {
    String control = node.directory().resolve("control").toString();
    Command ssh =
        node.start(
            node.ssh("ann")
                .with("-f", "-M", "-S", control)
                .option("ExitOnForwardFailure=yes")
                .forward(port + ":" + local)
                .noCommand());
    assertThat(ssh.exitStatus()).isZero();
    node.closing(() -> Command.run("ssh", "-F", "none", "-S", control, "-O", "exit", "any"));

    assertThat(node.server().census().tunnels()).isEqualTo(1);
    assertEchoes(port);
  }

  @Test
  void severalForwards_inOneCommand_eachServe() throws IOException {
    int other = LocalService.freePort();
    Command ssh =
        node.start(
            node.ssh("ann")
                .forward(port + ":" + local)
                .forward("*:" + other + ":" + local)
                .forward("0:" + local)
                .forward("foo:80:" + local)
                .noCommand());
    int allocated = Integer.parseInt(ssh.awaitErr("^Allocated port (\\d+) for remote forward to "));
    node.awaitTunnels(4);

    assertThat(allocated).isBetween(20_000, 29_999);
    assertEchoes(port);
    assertEchoes(other);
    assertEchoes(allocated);
  }

  @Test
  @Timeout(20)
  void twoHundredForwards_inOneCommand_areAllThere_andTheNextIsRefused() throws IOException {
    Ssh words = node.ssh("ann");
    for (int i = 0; i < 199; i++) {
      words.forward("n" + i + ":80:" + local);
    }
    Command ssh =
        node.start(words.forward(port + ":" + local).forward("over:80:" + local).console());
    ssh.awaitOut("RELAY-TOO-MANY-TUNNELS: a session may have 200 tunnels$");

    node.awaitTunnels(200);
    assertEchoes(port);
    ssh.awaitErr("^Warning: ");
    assertThat(ssh.err().lines().filter(line -> line.startsWith("Warning")))
        .containsExactly("Warning: remote port forwarding failed for listen port 80");
  }

  /** With a port of its own to watch (-M) it would need two machines. */
  @Test
  @Timeout(60)
  void autossh_startsAnotherSsh_whereItsOwnCrashes() throws IOException {
    List<String> words =
        new ArrayList<>(List.of("env", "AUTOSSH_PATH=/usr/bin/ssh", "AUTOSSH_GATETIME=0"));
    words.addAll(List.of("autossh", "-M", "0"));
    List<String> ssh = node.ssh("ann").forward(port + ":" + local).noCommand();
    words.addAll(ssh.subList(1, ssh.size()));
    Command autossh = node.start(words);
    node.awaitListening(port);
    assertEchoes(port);

    ProcessHandle self = ProcessHandle.of(autossh.pid()).orElseThrow();
    ProcessHandle first = self.children().findAny().orElseThrow();
    Command.run("kill", "-SEGV", Long.toString(first.pid()));
    Awaitility.await()
        .until(() -> self.children().anyMatch(next -> next.pid() != first.pid() && next.isAlive()));
    Awaitility.await().ignoreExceptions().untilAsserted(() -> assertEchoes(port));
  }

  @Test
  void remoteForwardOfSshConfig_serves() throws IOException {
    Path config = node.directory().resolve("config");
    Files.writeString(
        config,
        """
        Host tunnel
          HostName 127.0.0.1
          User anybody
          RemoteForward %d %s
          RemoteForward 0 %s
          ServerAliveInterval 30
          ExitOnForwardFailure yes
        """
            .formatted(port, local, local));
    List<String> words = node.ssh("ann").with("-F", config.toString(), "-N").to();
    Command ssh = node.start(replaceLast(words, "tunnel"));
    ssh.awaitErr("^Allocated port \\d+ for remote forward to ");
    node.awaitTunnels(2);
    assertEchoes(port);
  }

  @Test
  void serverAlive_isAnswered_alsoWhileTheTunnelIsIdle() throws IOException {
    Command ssh =
        node.start(
            node.ssh("ann")
                .with("-vvv")
                .option("ServerAliveInterval=1")
                .option("ServerAliveCountMax=1")
                .forward(port + ":" + local)
                .noCommand());
    node.awaitTunnels(1);
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(() -> assertThat(answeredKeepalives(ssh)).isGreaterThanOrEqualTo(3));

    assertThat(ssh.isAlive()).isTrue();
    assertEchoes(port);
  }

  /** SSH_MSG_REQUEST_FAILURE: ssh asks for nothing else here that would be refused. */
  private static long answeredKeepalives(Command ssh) {
    return ssh.err().lines().filter("debug3: receive packet: type 82"::equals).count();
  }

  @Test
  void remoteSocks_isTheClientsOwn() {
    Nginx nginx = node.nginx("");
    node.start(node.ssh("ann").forward(Integer.toString(port)).noCommand());
    node.awaitListening(port);

    assertThat(
            Command.run(
                "curl",
                "-sS",
                "--socks5-hostname",
                "127.0.0.1:" + port,
                "http://127.0.0.1:" + nginx.port() + "/hello"))
        .isEqualTo("hello from nginx");
  }

  private void assertEchoes(int to) throws IOException {
    try (Socket visitor = node.visit(to)) {
      visitor.getOutputStream().write("over and back".getBytes(StandardCharsets.US_ASCII));
      visitor.shutdownOutput();
      assertThat(visitor.getInputStream().readAllBytes()).asString().isEqualTo("over and back");
    }
  }

  private static List<String> replaceLast(List<String> words, String last) {
    List<String> all = new java.util.ArrayList<>(words.subList(0, words.size() - 1));
    all.add(last);
    return all;
  }
}
