package relay.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code relay tcp} against OpenSSH's own server: what any server that speaks RFC 4254 sees. */
class RelayThroughSshdIT {

  private static final int SIZE = 10 << 20;

  @TempDir private Path directory;
  private Path home;
  private Sshd sshd;
  private final ExecutorService threads = Executors.newCachedThreadPool();

  @BeforeEach
  void start() throws Exception {
    home = RelayProcess.home(directory.resolve("home"));
    sshd = Sshd.start(directory.resolve("sshd"));
    sshd.letIn(home.resolve(".ssh/id_ed25519.pub"), "");
  }

  @AfterEach
  void stop() throws Exception {
    sshd.close();
    threads.shutdownNow();
  }

  private RelayProcess relay(int localPort, String... more) throws IOException {
    List<String> arguments =
        new ArrayList<>(
            List.of("tcp", "" + localPort, "--server", "127.0.0.1:" + sshd.port, "--accept-new"));
    arguments.addAll(List.of(more));
    return RelayProcess.start(home, arguments.toArray(String[]::new));
  }

  @Test
  void tenMegabytesBothWays_threeAtOnce_arriveWholeAfterHalfClose() throws Exception {
    try (Exchange service = new Exchange("127.0.0.1");
        RelayProcess relay = relay(service.port())) {
      int port = relay.awaitPort();
      List<CompletableFuture<String>> visitors = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        visitors.add(visit(port));
      }
      for (CompletableFuture<String> visitor : visitors) {
        assertThat(visitor.get(60, TimeUnit.SECONDS)).isEqualTo(service.sent);
      }
      assertThat(service.received).hasSize(3).containsOnly(hash(bytes(1)));
      assertThat(relay.err).noneMatch(line -> line.contains("LEAK"));
    }
  }

  @Test
  void keysExchangedAgainEachMegabyte_everythingArrives() throws Exception {
    sshd.close();
    sshd = Sshd.start(directory.resolve("sshd"), "RekeyLimit 1M");
    try (Exchange service = new Exchange("127.0.0.1");
        RelayProcess relay = relay(service.port())) {
      int port = relay.awaitPort();
      CompletableFuture<String> first = visit(port);
      CompletableFuture<String> second = visit(port);
      assertThat(first.get(60, TimeUnit.SECONDS)).isEqualTo(service.sent);
      assertThat(second.get(60, TimeUnit.SECONDS)).isEqualTo(service.sent);
      assertThat(service.received).hasSize(2).containsOnly(hash(bytes(1)));
      assertThat(relay.err).noneMatch(line -> line.contains("trying again"));
    }
  }

  @Test
  void localServiceOnIpv6Only_isFound() throws Exception {
    try (Exchange service = new Exchange("::1");
        RelayProcess relay = relay(service.port())) {
      assertThat(visit(relay.awaitPort()).get(60, TimeUnit.SECONDS)).isEqualTo(service.sent);
    }
  }

  @Test
  void whatOnlyARelayUnderstands_isRefusedAndNotLeftOut() throws Exception {
    try (RelayProcess relay = relay(1, "--proxy-protocol", "1")) {
      assertThat(relay.awaitExit()).isEqualTo(ExitCode.ENDPOINT_REFUSED);
      assertThat(relay.err)
          .last()
          .isEqualTo(
              "relay: 127.0.0.1:%d is no relay: it does not know --proxy-protocol"
                  .formatted(sshd.port));
      assertThat(relay.out).isEmpty();
    }
  }

  @Test
  void unknownHostKey_withoutTerminal_isRefused() throws Exception {
    try (RelayProcess relay =
        RelayProcess.start(home, "tcp", "1", "--server", "127.0.0.1:" + sshd.port)) {
      assertThat(relay.awaitExit()).isEqualTo(ExitCode.HOST_KEY);
      assertThat(relay.err).hasSize(1).first().asString().contains("--accept-new", "SHA256:");
      assertThat(home.resolve(".ssh/known_hosts")).doesNotExist();
    }
  }

  @Test
  void acceptedHostKey_isKnownTheNextTime_andToSsh() throws Exception {
    try (RelayProcess relay = relay(Sshd.freePort())) {
      relay.awaitErr("added ssh-ed25519 SHA256:");
    }
    try (RelayProcess relay =
        RelayProcess.start(home, "tcp", "1", "--server", "127.0.0.1:" + sshd.port)) {
      relay.awaitPort();
    }
    Sshd.run(
        "ssh-keygen",
        "-F",
        "[127.0.0.1]:" + sshd.port,
        "-f",
        home.resolve(".ssh/known_hosts").toString());
  }

  @Test
  void changedHostKey_isRefused_evenWithAcceptNew() throws Exception {
    Sshd.makeKey(directory.resolve("other"));
    Files.writeString(
        home.resolve(".ssh/known_hosts"),
        "[127.0.0.1]:" + sshd.port + " " + Files.readString(directory.resolve("other.pub")));
    try (RelayProcess relay = relay(1)) {
      assertThat(relay.awaitExit()).isEqualTo(ExitCode.HOST_KEY);
      assertThat(relay.err).hasSize(1).first().asString().contains("has changed", "known_hosts:1");
    }
  }

  @Test
  void hostKey_ofAKnownType_isAskedFor() throws Exception {
    Path rsa = directory.resolve("rsa");
    Sshd.run("ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", rsa.toString());
    sshd.close();
    sshd = Sshd.start(directory.resolve("sshd"), "HostKey " + rsa);
    Files.writeString(
        home.resolve(".ssh/known_hosts"),
        "[127.0.0.1]:" + sshd.port + " " + Files.readString(directory.resolve("rsa.pub")));
    try (RelayProcess relay =
        RelayProcess.start(home, "tcp", "1", "--server", "127.0.0.1:" + sshd.port)) {
      relay.awaitPort();
    }
  }

  @Test
  void keyThatIsNotLetIn_endsWithItsOwnCodeAtOnce() throws Exception {
    Sshd.makeKey(directory.resolve("stranger"));
    sshd.letIn(directory.resolve("stranger.pub"), "");
    long started = System.nanoTime();
    try (RelayProcess relay = relay(1)) {
      assertThat(relay.awaitExit()).isEqualTo(ExitCode.KEY_REFUSED);
      // 1.8 s alone, most of it the start of the JVM; tests may run beside others
      assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(Duration.ofSeconds(10));
      assertThat(relay.err).anyMatch(line -> line.matches("relay: .* refuses user .*SHA256:.*"));
    }
  }

  @Test
  void identity_isTheOnlyKeyOffered() throws Exception {
    Sshd.makeKey(directory.resolve("right"));
    sshd.letIn(directory.resolve("right.pub"), "");
    try (RelayProcess relay = relay(1, "--identity", directory.resolve("right").toString())) {
      relay.awaitPort();
    }
    sshd.letIn(home.resolve(".ssh/id_ed25519.pub"), "");
    try (RelayProcess relay = relay(1, "--identity", directory.resolve("right").toString())) {
      assertThat(relay.awaitExit()).isEqualTo(ExitCode.KEY_REFUSED);
    }
  }

  @Test
  void portThatIsNotAllowed_endsWithItsOwnCode() throws Exception {
    sshd.letIn(home.resolve(".ssh/id_ed25519.pub"), "restrict");
    try (RelayProcess relay = relay(1, "--remote-port", "4000", "--json")) {
      assertThat(relay.awaitExit()).isEqualTo(ExitCode.ENDPOINT_REFUSED);
      assertThat(relay.err)
          .contains(
              "{\"event\":\"ended\",\"reason\":\"endpoint-refused\",\"message\":\"the server"
                  + " refuses TCP port 4000, and does not say why\",\"exit\":4}");
    }
  }

  @Test
  void localServiceDown_isSaidOnce_andWhenItIsBack() throws Exception {
    int localPort = Sshd.freePort();
    try (RelayProcess relay = relay(localPort)) {
      int port = relay.awaitPort();
      for (int i = 0; i < 3; i++) {
        assertThat(readAll(port)).isEmpty();
      }
      relay.awaitErr("local service localhost:" + localPort + ": connection refused");
      try (ServerSocket service =
          new ServerSocket(localPort, 5, InetAddress.getLoopbackAddress())) {
        threads.execute(() -> answerOnce(service));
        assertThat(readAll(port)).isEqualTo("hello");
      }
      relay.awaitErr("answers again");
      assertThat(relay.err).filteredOn(line -> line.contains("refused")).hasSize(1);
    }
  }

  @Test
  void serverRestarted_tunnelComesBackOnItsPort() throws Exception {
    try (Exchange service = new Exchange("127.0.0.1");
        RelayProcess relay = relay(service.port())) {
      int port = relay.awaitPort();
      sshd.stop();
      relay.awaitErr("trying again");
      sshd.startProcess();
      relay.awaitErr("127.0.0.1:" + port + " is back");
      assertThat(visit(port).get(60, TimeUnit.SECONDS)).isEqualTo(service.sent);
    }
  }

  @Test
  void serverNotThere_isSaidOnce_andWaitedFor() throws Exception {
    sshd.stop();
    try (RelayProcess relay = relay(1)) {
      relay.awaitErr("cannot reach 127.0.0.1:" + sshd.port + ": connection refused");
      sshd.startProcess();
      relay.awaitPort();
      assertThat(relay.err).filteredOn(line -> line.contains("cannot reach")).hasSize(1);
    }
  }

  @Test
  void ctrlC_endsWithSuccess_andFreesThePort() throws Exception {
    try (RelayProcess relay = relay(1)) {
      int port = relay.awaitPort();
      relay.interrupt();
      assertThat(relay.awaitExit()).isZero();
      org.awaitility.Awaitility.await()
          .atMost(Duration.ofSeconds(5))
          .untilAsserted(
              () -> assertThatThrownBy(() -> readAll(port)).isInstanceOf(IOException.class));
    }
  }

  @Test
  void json_tellsTheAddress() throws Exception {
    try (RelayProcess relay = relay(3000, "--json")) {
      assertThat(relay.awaitOut("\"event\":\"open\""))
          .matches(
              "\\{\"event\":\"open\",\"address\":\"127\\.0\\.0\\.1:\\d+\",\"host\":\"localhost\","
                  + "\"port\":\\d+,\"local\":\"localhost:3000\"}");
    }
  }

  @Test
  void unknownHostKey_atATerminal_isAskedAbout() throws Exception {
    Path answers = Files.writeString(directory.resolve("answers"), "perhaps\nyes\n");
    String command =
        "java -Duser.home=%s -cp %s relay.client.Main tcp 1 --server 127.0.0.1:%d"
            .formatted(home, System.getProperty("java.class.path"), sshd.port);
    Process process =
        new ProcessBuilder("script", "-qefc", command, directory.resolve("typescript").toString())
            .redirectInput(answers.toFile())
            .redirectOutput(directory.resolve("screen").toFile())
            .start();
    try {
      org.awaitility.Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(() ->
              assertThat(Files.readString(directory.resolve("screen")))
                  .containsSubsequence("(yes/no)?", "type 'yes'", "-> localhost:1"));
      assertThat(home.resolve(".ssh/known_hosts")).exists();
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly().waitFor();
    }
  }

  private static void answerOnce(ServerSocket service) {
    try (Socket socket = service.accept()) {
      socket.getOutputStream().write("hello".getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** What comes until the end; nothing where the connection is reset. */
  private static String readAll(int port) throws IOException {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 2000);
      socket.setSoTimeout(10_000);
      try {
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      } catch (java.net.SocketException e) {
        return "";
      }
    }
  }

  /** Sends everything, ends its output, and reads the answer: its hash. */
  private CompletableFuture<String> visit(int port) {
    CompletableFuture<String> result = new CompletableFuture<>();
    threads.execute(() -> {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        socket.setSoTimeout(30_000);
        socket.getOutputStream().write(bytes(1));
        socket.shutdownOutput();
        result.complete(hash(socket.getInputStream()));
      } catch (Exception e) {
        result.completeExceptionally(e);
      }
    });
    return result;
  }

  private static byte[] bytes(int seed) {
    byte[] bytes = new byte[SIZE];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  private static String hash(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  private static String hash(InputStream in) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    in.transferTo(new DigestOutputStream(OutputStream.nullOutputStream(), digest));
    return HexFormat.of().formatHex(digest.digest());
  }

  /** A service that reads to the end and only then answers. */
  private final class Exchange implements AutoCloseable {

    final ServerSocket listener;
    final String sent;
    final List<String> received = new java.util.concurrent.CopyOnWriteArrayList<>();

    Exchange(String address) throws Exception {
      byte[] answer = bytes(2);
      sent = hash(answer);
      listener = new ServerSocket(0, 50, InetAddress.getByName(address));
      threads.execute(() -> {
        while (!listener.isClosed()) {
          try {
            Socket socket = listener.accept();
            threads.execute(() -> serve(socket, answer));
          } catch (IOException e) {
            return; // it was closed
          }
        }
      });
    }

    private void serve(Socket socket, byte[] answer) {
      try (socket) {
        received.add(hash(socket.getInputStream()));
        socket.getOutputStream().write(answer);
      } catch (Exception e) {
        received.add(e.toString());
      }
    }

    int port() {
      return listener.getLocalPort();
    }

    @Override
    public void close() throws IOException {
      listener.close();
    }
  }
}
