package relay.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The server's process: how it ends, how it does not begin, and what it does when it is full. */
class ServerProcessIT {

  private static final int VISITORS = 8;

  private final List<AutoCloseable> started = new ArrayList<>();

  @TempDir Path directory;

  @AfterEach
  void close() throws Exception {
    for (int i = started.size() - 1; i >= 0; i--) {
      started.get(i).close();
    }
  }

  private <T extends AutoCloseable> T closing(T thing) {
    started.add(thing);
    return thing;
  }

  private ServerProcess server(String... flags) {
    return closing(new ServerProcess(directory, flags));
  }

  private static void assertRefused(int port) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(3))
        .untilAsserted(() ->
            assertThatThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), port).close())
                .isInstanceOf(ConnectException.class));
  }

  private static List<String> curl(ServerProcess server, String path) {
    return List.of(
        "curl",
        "-sSN",
        "--max-time",
        "15",
        "-H",
        "Host: foo.localhost",
        "http://127.0.0.1:" + server.port("http") + path);
  }

  @Test
  void sigterm_requestInFlightEndsWell() {
    CountDownLatch goOn = new CountDownLatch(1);
    LocalService service =
        closing(
            new LocalService(socket -> {
              Wire.head(socket.getInputStream());
              Wire.send(socket, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf\n");
              await(goOn);
              Wire.send(socket, "rest\n");
            }));
    ServerProcess server = server().awaitReady();
    int http = server.port("http");
    int sshPort = server.port("ssh");
    Command ssh =
        closing(
            Command.start(
                server
                    .ssh()
                    .forward("foo:80:127.0.0.1:" + service.port())
                    .forward("0:127.0.0.1:" + service.port())
                    .console()));
    int tcp = Integer.parseInt(ssh.awaitErr("Allocated port (\\d+) for remote forward"));
    Command curl = closing(Command.start(curl(server, "/")));
    curl.awaitOut("half");

    server.process().signal("TERM");
    assertRefused(http);
    assertRefused(sshPort);
    assertRefused(tcp);
    assertThat(server.process().isAlive()).isTrue();
    goOn.countDown();

    assertThat(curl.exitStatus()).as(curl::toString).isZero();
    assertThat(curl.out()).isEqualTo("half\nrest");
    assertThat(server.process().exitStatus()).isZero();
    assertThat(ssh.exitStatus()).isEqualTo(255);
    assertThat(ssh.err()).contains("RELAY-SHUTTING-DOWN: the relay is shutting down");
    assertThat(server.runFile()).doesNotExist();
  }

  private static void await(CountDownLatch latch) {
    try {
      if (!latch.await(20, TimeUnit.SECONDS)) {
        throw new IllegalStateException("the test did not go on");
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void portInUse_isOneLine() throws IOException {
    ServerSocket taken = closing(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));

    assertMistake(
        server("--http-listen=localhost:" + taken.getLocalPort()),
        "http.listen: '127.0.0.1:" + taken.getLocalPort() + "'.*in use.*");
  }

  @Test
  void dataDirBelowAFile_isOneLine() throws IOException {
    Path file = Files.createFile(directory.resolve("file"));

    assertMistake(
        server("--data-dir=" + file.resolve("data")),
        "data-dir: '" + file.resolve("data") + "': .*, expected a directory to write to");
  }

  @Test
  void badFlag_isOneLine() {
    assertMistake(server("--domain=a_b"), "--domain: 'a_b': expected letters .*");
  }

  /** The line names the value and what was expected; the status is that of a mistake. */
  private static void assertMistake(ServerProcess server, String line) {
    assertThat(server.process().exitStatus()).isEqualTo(2);
    assertThat(server.process().err().lines())
        .singleElement()
        .asString()
        .matches("relay-server: " + line);
    assertThat(server.runFile()).doesNotExist();
  }

  @Test
  void noDescriptorLeft_pausesAndGoesOn() throws Exception {
    Nginx nginx = closing(new Nginx(directory.resolve("nginx"), ""));
    ServerProcess server = server().awaitReady();
    Command ssh =
        closing(
            Command.start(
                server
                    .ssh()
                    .forward("foo:80:127.0.0.1:" + nginx.port())
                    .forward("0:127.0.0.1:" + nginx.port())
                    .console()));
    int tcp = Integer.parseInt(ssh.awaitErr("Allocated port (\\d+) for remote forward"));
    ssh.awaitOut("http://foo.localhost");
    assertThat(Command.run(curl(server, "/hello").toArray(String[]::new)))
        .isEqualTo("hello from nginx");
    Socket early = closing(new Socket(InetAddress.getLoopbackAddress(), server.port("http")));
    leaveDescriptors(server, 6);

    List<Socket> visitors = new ArrayList<>();
    for (int i = 0; i < VISITORS; i++) {
      visitors.add(new Socket(InetAddress.getLoopbackAddress(), server.port("http")));
      visitors.add(new Socket(InetAddress.getLoopbackAddress(), tcp));
    }
    server.process().awaitOut("accepting.*paus.*Too many open files");
    Wire.send(early, "GET /hello HTTP/1.1\r\nHost: foo.localhost\r\n\r\n");
    early.setSoTimeout(5_000);
    assertThat(Wire.answer(early.getInputStream()).body()).isEqualTo("hello from nginx\n");

    for (Socket visitor : visitors) {
      visitor.close();
    }
    assertThat(Command.run(curl(server, "/hello").toArray(String[]::new)))
        .isEqualTo("hello from nginx");
    assertThat(Command.run("curl", "-sS", "--max-time", "15", "http://127.0.0.1:" + tcp + "/hello"))
        .isEqualTo("hello from nginx");
    assertThat(server.process().out().lines().filter(l -> l.contains("accepting")).count())
        .as(server.process()::toString)
        .isLessThan(20);
    assertThat(ssh.isAlive()).isTrue();
  }

  /** Lets the process open so many more. */
  private static void leaveDescriptors(ServerProcess server, int more) throws IOException {
    try (var open = Files.list(Path.of("/proc/" + server.process().pid() + "/fd"))) {
      long limit = open.count() + more;
      Command.run(
          "prlimit",
          "--pid",
          Long.toString(server.process().pid()),
          "--nofile=" + limit + ":" + limit);
    }
  }
}
