package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.jcraft.jsch.JSch;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.net.Socket;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * SSH by others than OpenSSH, as libraries: a program for each does the same, and says how it went.
 * The relay asks often whether they live, and cuts whoever does not answer.
 */
class OtherClientsIT {

  private static final int LENGTH = 3 << 20;
  private static final Path PROGRAMS = Path.of("src", "test", "resources", "clients");

  /** Where Debian has Go's libraries. */
  private static final String GO_LIBRARIES = "/usr/share/gocode";

  @RegisterExtension
  final RelayNode node = RelayNode.with("limits.keepalive=500ms", "limits.keepalive-misses=5");

  private final BlockingQueue<String> received = new LinkedBlockingQueue<>();

  @Test
  void paramiko_doesTheMainFlows() throws Exception {
    assertMainFlows(
        List.of("/usr/bin/python3", PROGRAMS.resolve("paramiko_client.py").toString()),
        true,
        "TCP forwarding request denied");
  }

  @Test
  void asyncSsh_doesTheMainFlows() throws Exception {
    assertMainFlows(
        List.of("/usr/bin/python3", PROGRAMS.resolve("asyncssh_client.py").toString()),
        true,
        "Failed to create remote TCP listener");
  }

  @Test
  void golang_doesTheMainFlows() throws Exception {
    Path program = node.directory().resolve("go-client");
    Command build =
        node.start(
            List.of(
                "env",
                "GO111MODULE=off",
                "GOFLAGS=",
                "GOPATH=" + GO_LIBRARIES,
                "go",
                "build",
                "-o",
                program.toString(),
                PROGRAMS.resolve("client.go").toString()));
    assertThat(build.exitStatus(Duration.ofMinutes(3))).as(build::toString).isZero();

    Command client = assertMainFlows(List.of(program.toString()), true, "");
    assertThat(client.out()).contains("Listen: ssh: tcpip-forward request denied by peer");
  }

  /** JSch closes both directions when one ends. */
  @Test
  void jsch_doesTheMainFlows() throws Exception {
    assertMainFlows(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            location(JschClient.class) + File.pathSeparator + location(JSch.class),
            JschClient.class.getName()),
        false,
        "remote port forwarding failed for listen port 80");
  }

  /**
   * @param halfCloses whether the end of one direction leaves the other open
   * @param refusal what the program says of a forward that is refused
   */
  private Command assertMainFlows(List<String> program, boolean halfCloses, String refusal)
      throws Exception {
    int service =
        node.service(socket -> received.add(exchange(socket, 1, halfCloses).join())).port();
    int local = LocalService.freePort();
    List<String> words = new ArrayList<>(program);
    words.add(Integer.toString(node.sshPort()));
    words.add(node.keys().of("ann").toString());
    words.add(node.knownHosts().toString());
    for (int port : new int[] {node.nginx("").port(), service, local}) {
      words.add(Integer.toString(port));
    }
    Command client = node.start(words);

    client.awaitOut("^name granted$");
    client.awaitOut("^refused *" + refusal + "$");
    int port = Integer.parseInt(client.awaitOut("^port (\\d+)$"));
    client.awaitOut("^alive$");
    client.awaitOut("^local$");
    for (int visit = 0; visit < 3; visit++) {
      assertThat(node.curl("foo.localhost", "/hello")).isEqualTo("hello from nginx\n\n200");
      assertCarried(port, halfCloses);
    }
    assertCarried(local, halfCloses);
    Awaitility.await()
        .during(Duration.ofMillis(3_300)) // six questions of the relay's, and the time for all
        .atMost(Duration.ofMillis(5_100))
        .until(() -> node.server().census().sshConnections() == 1);

    say(client, "cancel");
    client.awaitOut("^cancelled$");
    Awaitility.await().untilAsserted(() -> assertThat(Listening.on(port)).isEmpty());
    client.awaitOut("^later granted$");
    assertThat(node.curl("later.localhost", "/hello")).isEqualTo("hello from nginx\n\n200");
    say(client, "end");
    return client;
  }

  /** Bytes go both ways, and each side digests what came. */
  private void assertCarried(int port, boolean halfCloses) throws Exception {
    Socket visitor = node.visit(port);
    assertThat(exchange(visitor, 2, halfCloses).get(20, TimeUnit.SECONDS))
        .isEqualTo(Octets.digest(1, LENGTH));
    assertThat(received.poll(20, TimeUnit.SECONDS)).isEqualTo(Octets.digest(2, LENGTH));
  }

  private static CompletableFuture<String> exchange(Socket socket, long seed, boolean halfCloses) {
    if (halfCloses) {
      return Octets.exchange(socket, seed, LENGTH);
    }
    CompletableFuture<Boolean> sent =
        Octets.run(() -> new Octets(seed, LENGTH).transferTo(socket.getOutputStream()));
    return Octets.async(
            () -> {
              byte[] all = socket.getInputStream().readNBytes(LENGTH);
              return Octets.digest(new ByteArrayInputStream(all));
            })
        .thenCombine(sent, (read, end) -> read);
  }

  private static void say(Command client, String word) throws IOException {
    client.stdin().write((word + "\n").getBytes(StandardCharsets.US_ASCII));
    client.stdin().flush();
  }

  private static String location(Class<?> type) throws URISyntaxException {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
  }
}
