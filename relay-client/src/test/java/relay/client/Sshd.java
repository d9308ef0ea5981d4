package relay.client;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * OpenSSH's own sshd on a free port of the loopback, with a host key and users' keys of its own.
 */
final class Sshd implements AutoCloseable {

  private static final Path BINARY = Path.of("/usr/sbin/sshd");

  /** Counted on, so that no test is given one port twice. */
  private static final AtomicInteger PORTS =
      new AtomicInteger(ThreadLocalRandom.current().nextInt(10_000));

  final Path directory;
  final int port;
  private @Nullable Process process;

  @SuppressWarnings("NullAway.Init") // the process comes with startProcess
  private Sshd(Path directory, int port) {
    this.directory = directory;
    this.port = port;
  }

  /**
   * Starts one.
   *
   * @param options lines for {@code sshd_config} that win over ours
   */
  static Sshd start(Path directory, String... options) throws Exception {
    Files.createDirectories(directory);
    if (!Files.exists(directory.resolve("host"))) {
      makeKey(directory.resolve("host"));
    }
    if (System.getProperty("user.name").equals("root")) {
      Files.createDirectories(Path.of("/run/sshd")); // where sshd wants to be locked in
    }
    Sshd sshd = new Sshd(directory, freePort());
    Files.writeString(
        directory.resolve("sshd_config"),
        String.join("\n", options)
            + """

            Port %d
            ListenAddress 127.0.0.1
            HostKey %s/host
            PidFile none
            AuthorizedKeysFile %s/authorized_keys
            StrictModes no
            UsePAM no
            PasswordAuthentication no
            KbdInteractiveAuthentication no
            """
                .formatted(sshd.port, directory, directory));
    sshd.startProcess();
    return sshd;
  }

  /** One that no outgoing connection of this machine will take: those get higher ones. */
  static int freePort() throws IOException {
    while (true) {
      int port = 20_000 + Math.floorMod(PORTS.getAndIncrement(), 10_000);
      try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return socket.getLocalPort();
      } catch (BindException e) {
        // taken: another, then
      }
    }
  }

  static void makeKey(Path file, String... more) throws Exception {
    Files.deleteIfExists(file);
    String[] passphrase = more.length == 0 ? new String[] {""} : more;
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase[0], "-f", file.toString());
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }

  static void run(String... command) throws Exception {
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (!process.waitFor(20, TimeUnit.SECONDS) || process.exitValue() != 0) {
      throw new IllegalStateException(List.of(command) + " failed");
    }
  }

  /** Lets a key in, with options as {@code authorized_keys} has them. */
  void letIn(Path publicKey, String options) throws IOException {
    Files.writeString(
        directory.resolve("authorized_keys"),
        (options.isEmpty() ? "" : options + " ") + Files.readString(publicKey));
  }

  void startProcess() throws IOException {
    process =
        new ProcessBuilder(
                BINARY.toString(), "-D", "-e", "-f", directory.resolve("sshd_config").toString())
            .redirectErrorStream(true)
            .redirectOutput(
                ProcessBuilder.Redirect.appendTo(directory.resolve("sshd.log").toFile()))
            .start();
    Awaitility.await().atMost(Duration.ofSeconds(10)).until(this::answers);
  }

  private boolean answers() {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Ends it and every session, as when the machine goes down. */
  void stop() throws InterruptedException {
    if (process != null) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly().waitFor();
    }
  }

  @Override
  public void close() throws InterruptedException {
    stop();
  }
}
