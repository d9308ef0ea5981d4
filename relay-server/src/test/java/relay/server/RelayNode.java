package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import relay.common.config.ConfigLoader;
import relay.common.config.ConfigSources;
import relay.server.admin.AdminClient;
import relay.server.config.ServerConfig;

/**
 * A whole server, in this process, on ports that the system picks, new for every test. Afterwards
 * everything that the test started is ended, and nothing may be left: no tunnel, stream,
 * connection, listener, nor a buffer that was not released.
 */
@SuppressWarnings("NullAway.Init") // what beforeEach makes
final class RelayNode implements BeforeEachCallback, AfterEachCallback {

  private final Map<String, String> flags = new LinkedHashMap<>();
  private final List<AutoCloseable> started = new ArrayList<>();
  private final LeakWatch leaks = new LeakWatch();
  private Path directory;
  private Keys keys;
  private Certs certs;
  private RelayServer server;

  /**
   * @param flags as {@code --gateway-ports=no}
   */
  static RelayNode with(String... flags) {
    RelayNode node = new RelayNode();
    node.flags.put("--ssh-listen", "localhost:0");
    node.flags.put("--http-listen", "localhost:0");
    Arrays.stream(flags)
        .map(flag -> flag.split("=", 2))
        .forEach(flag -> node.flags.put(flag[0], flag[1]));
    return node;
  }

  @Override
  public void beforeEach(ExtensionContext context) throws Exception {
    directory = Files.createTempDirectory("relay-it");
    keys = new Keys(Files.createDirectories(directory.resolve("keys")));
    Path authorized = directory.resolve("authorized_keys");
    Files.writeString(authorized, keys.publicKey("ann") + "\n" + keys.publicKey("ben") + "\n");
    certs = new Certs(Files.createDirectories(directory.resolve("certs")));
    if (flags.containsKey("--https-listen")) {
      Certs.Pair pair = certs.make("first", "foo.localhost", "bar.localhost");
      flags.put("--https-certificate", pair.certificate().toString());
      flags.put("--https-key", pair.key().toString());
    }
    flags.put("--data-dir", directory.resolve("data").toString());
    flags.put("--authorized-keys", authorized.toString());
    leaks.start();
    startServer();
  }

  void startServer() throws Exception {
    ServerConfig config =
        new ConfigLoader<>(ServerConfig.class, Set.of())
            .load(new ConfigSources(null, Map.of(), keys(flags), Map.of("log.format", "text")));
    server = new RelayServer(config, DataDir.take(config.dataDir()), null);
    server.start().get(20, TimeUnit.SECONDS);
    pin();
  }

  /** Stops it as SIGTERM does; started again it has the same ports. */
  void stopServer() throws Exception {
    flags.put("--ssh-listen", "localhost:" + sshPort());
    flags.put("--http-listen", "localhost:" + httpPort());
    if (flags.containsKey("--https-listen")) {
      flags.put("--https-listen", "localhost:" + httpsPort());
    }
    server.stop().get(30, TimeUnit.SECONDS);
  }

  /** Flags as the configuration's keys. */
  private static Map<String, String> keys(Map<String, String> flags) {
    Map<String, String> byKey = new LinkedHashMap<>();
    new ConfigLoader<>(ServerConfig.class, Set.of())
        .keys()
        .forEach(key -> {
          String value = flags.get(key.setting().flag());
          String limit = flags.get(key.name());
          if (value != null || limit != null) {
            byKey.put(key.name(), value != null ? value : limit);
          }
        });
    return byKey;
  }

  private void pin() throws IOException {
    String[] hostKey = Files.readString(dataDir().resolve("host-key.pub")).split(" ", -1);
    Files.writeString(
        knownHosts(),
        "[127.0.0.1]:%d %s %s%n".formatted(sshPort(), hostKey[0], hostKey[1].strip()));
  }

  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    try {
      for (int i = started.size() - 1; i >= 0; i--) {
        started.get(i).close();
      }
      Awaitility.await()
          .atMost(Duration.ofSeconds(5))
          .untilAsserted(() -> assertThat(server.census()).isEqualTo(RelayServer.Census.NOTHING));
    } finally {
      server.stop().get(30, TimeUnit.SECONDS);
      started.clear();
      delete(directory);
    }
    assertThat(leaks.found()).isEmpty();
  }

  private static void delete(Path root) throws IOException {
    try (var paths = Files.walk(root)) {
      for (Path path : paths.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }

  // --- what a test does with it -----------------------------------------------------------------

  RelayServer server() {
    return server;
  }

  Path directory() {
    return directory;
  }

  Path dataDir() {
    return directory.resolve("data");
  }

  Path knownHosts() {
    return directory.resolve("known_hosts");
  }

  Keys keys() {
    return keys;
  }

  int sshPort() {
    return server.address("ssh").getPort();
  }

  int httpPort() {
    return server.address("http").getPort();
  }

  int httpsPort() {
    return server.address("https").getPort();
  }

  Certs certs() {
    return certs;
  }

  /** Restarts with these certificates, the first for what none of them has. */
  void serveCertificates(Certs.Pair... pairs) throws Exception {
    stopServer();
    List<String> certificates = new ArrayList<>();
    List<String> privateKeys = new ArrayList<>();
    for (Certs.Pair pair : pairs) {
      certificates.add(pair.certificate().toString());
      privateKeys.add(pair.key().toString());
    }
    flags.put("--https-certificate", String.join(",", certificates));
    flags.put("--https-key", String.join(",", privateKeys));
    startServer();
  }

  /** What curl gets by HTTPS, as {@link #curl}; the name is verified against the certificate. */
  String curlHttps(String host, String path, String... more) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "curl",
                "-sS",
                "--max-time",
                "60",
                "-w",
                "\n%{http_code}",
                "--cacert",
                certs.all().toString(),
                "--resolve",
                host + ":" + httpsPort() + ":127.0.0.1"));
    words.addAll(List.of(more));
    words.add("https://" + host + ":" + httpsPort() + path);
    return Command.run(words.toArray(String[]::new));
  }

  /** openssl's client, until it ends; standard input is what it sends. */
  Command tls(String serverName, String... more) {
    List<String> words =
        new ArrayList<>(
            List.of("openssl", "s_client", "-connect", "127.0.0.1:" + httpsPort(), "-msg"));
    words.addAll(
        serverName.isEmpty() ? List.of("-noservername") : List.of("-servername", serverName));
    words.addAll(List.of(more));
    return start(words);
  }

  /** Where visitors' HTTP requests come in. */
  InetSocketAddress httpAddress() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), httpPort());
  }

  Ssh ssh(String person) {
    return ssh(person, "relay");
  }

  /**
   * @param user the login name
   */
  Ssh ssh(String person, String user) {
    return new Ssh(knownHosts(), keys.of(person), sshPort(), user);
  }

  /**
   * Of who has no key.
   *
   * @param answer what is given to whatever ssh asks for
   */
  Ssh sshAnswering(String user, String answer) throws IOException {
    Path askpass = Files.createTempFile(directory, "askpass", ".sh");
    Files.writeString(askpass, "#!/bin/sh\necho '" + answer + "'\n");
    Files.setPosixFilePermissions(askpass, PosixFilePermissions.fromString("rwx------"));
    return Ssh.asking(knownHosts(), sshPort(), user, askpass);
  }

  /** What the server answers to a command of the operator: the last line. */
  JsonNode ask(String request) throws IOException {
    List<String> lines = AdminClient.ask(dataDir(), request, Duration.ofSeconds(10));
    return new JsonMapper().readTree(lines.get(lines.size() - 1));
  }

  /** The client, from its own jar and in its own process. */
  Command relay(String person, String... words) {
    List<String> command =
        new ArrayList<>(
            List.of(
                "env",
                "--default-signal=INT",
                "setsid",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Duser.home=" + directory.resolve(person),
                "-jar",
                System.getProperty("relay.client.jar")));
    command.addAll(List.of(words));
    command.addAll(
        List.of(
            "--server",
            "127.0.0.1:" + sshPort(),
            "--identity",
            keys.of(person).toString(),
            "--accept-new"));
    return start(command);
  }

  /** As {@link #relay}, of who has a token and no key. */
  Command relayByToken(String token, String... words) {
    List<String> command =
        new ArrayList<>(
            List.of(
                "env",
                "RELAY_TOKEN=" + token,
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Duser.home=" + directory.resolve("nobody"),
                "-jar",
                System.getProperty("relay.client.jar")));
    command.addAll(List.of(words));
    command.addAll(List.of("--server", "127.0.0.1:" + sshPort(), "--accept-new"));
    return start(command);
  }

  /** Runs a program until the test ends. */
  Command start(List<String> words) {
    return closing(Command.start(words));
  }

  /** Closes something when the test ends, before it is checked what is left. */
  <T extends AutoCloseable> T closing(T thing) {
    started.add(thing);
    return thing;
  }

  LocalService service(LocalService.Connection connection) {
    return closing(new LocalService(connection));
  }

  /**
   * Starts a person's {@code ssh -L}, and gives the port where it listens.
   *
   * @param to host and port, as behind the second colon
   */
  int localForward(String person, String to) {
    int port = LocalService.freePort();
    start(ssh(person).with("-L", port + ":" + to).noCommand());
    awaitListening(port);
    return port;
  }

  /** Starts a person's {@code ssh -D}, and gives the port where it listens. */
  int socks(String person) {
    int port = LocalService.freePort();
    start(ssh(person).with("-D", Integer.toString(port)).noCommand());
    awaitListening(port);
    return port;
  }

  /** Waits until who comes to the port from this machine gets in: a tunnel is live before. */
  void awaitListening(int port) {
    Awaitility.await()
        .untilAsserted(() -> assertThat(Listening.on(port)).containsAnyOf("127.0.0.1", "0.0.0.0"));
  }

  /** Waits until so many tunnels are live: {@code ssh -N} does not tell when it is ready. */
  void awaitTunnels(int count) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(server.census().tunnels()).isEqualTo(count));
  }

  /** Lets in who stands in these lines, instead of Ann and Ben. */
  void authorize(String... lines) throws Exception {
    stopServer();
    Files.write(directory.resolve("authorized_keys"), List.of(lines));
    startServer();
  }

  /**
   * @param flag as for {@link #with}
   */
  void restartWith(String flag) throws Exception {
    stopServer();
    flags.put(flag.substring(0, flag.indexOf('=')), flag.substring(flag.indexOf('=') + 1));
    startServer();
  }

  Nginx nginx(String locations) {
    return closing(new Nginx(directory.resolve("nginx" + started.size()), locations));
  }

  /** A connection as a visitor makes it. */
  Socket visit(int port) throws IOException {
    return visit(port, 0);
  }

  /**
   * @param receiveBuffer what the kernel keeps for a reader that is slow, in bytes; 0: its own
   */
  Socket visit(int port, int receiveBuffer) throws IOException {
    Socket socket = closing(new Socket());
    if (receiveBuffer > 0) {
      socket.setReceiveBufferSize(receiveBuffer);
    }
    socket.setSoTimeout(20_000);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    return socket;
  }

  /** What curl gets for a name: the body, then the status in a line of its own. */
  String curl(String host, String path, String... more) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "curl", "-sS", "--max-time", "20", "-w", "\n%{http_code}", "-H", "Host: " + host));
    words.addAll(List.of(more));
    words.add("http://127.0.0.1:" + httpPort() + path);
    return Command.run(words.toArray(String[]::new));
  }
}
