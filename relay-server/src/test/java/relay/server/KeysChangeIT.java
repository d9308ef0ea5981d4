package relay.server;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A change of authorized_keys counts without a restart, for sessions that are there too. */
class KeysChangeIT {

  private static final Duration SOON = Duration.ofSeconds(5);

  @RegisterExtension final RelayNode node = RelayNode.with();

  private String service;
  private Command ben;

  @BeforeEach
  void serve() {
    service = "127.0.0.1:" + node.nginx("").port();
    ben = node.start(node.ssh("ben").forward("bens:80:" + service).console());
    ben.awaitOut("HTTP: ");
  }

  private Command ann() {
    Command ssh = node.start(node.ssh("ann").forward("anns:80:" + service).console());
    ssh.awaitOut("HTTP: ");
    return ssh;
  }

  private void write(String... lines) throws Exception {
    Path fresh = Files.write(node.directory().resolve("fresh"), List.of(lines));
    Files.move(fresh, node.directory().resolve("authorized_keys"), ATOMIC_MOVE);
  }

  private void assertEnds(Command ssh, String why) {
    long start = System.nanoTime();
    assertThat(ssh.exitStatus()).isEqualTo(255);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(SOON);
    assertThat(ssh.err()).containsPattern("Received disconnect from .*: relay: " + why);
    assertThat(node.curl("anns.localhost", "/hello")).endsWith("503");
    assertThat(ben.isAlive()).isTrue();
    assertThat(node.curl("bens.localhost", "/hello")).endsWith("200");
  }

  @Test
  void keyThatIsGone_isCut_andMayNotComeBack() throws Exception {
    Command ssh = ann();
    write(node.keys().publicKey("ben"));

    assertEnds(ssh, "RELAY-KEY-REVOKED: your key is not let in any more");
    Command again = node.start(node.ssh("ann").noCommand());
    assertThat(again.exitStatus()).isEqualTo(255);
    assertThat(again.err()).endsWith("Permission denied (publickey).");
  }

  @Test
  void keyThatMayDoLess_isCut_andMayComeBackForIt() throws Exception {
    Command ssh = ann();
    write("permitlisten=\"x:80\" " + node.keys().publicKey("ann"), node.keys().publicKey("ben"));

    assertEnds(ssh, "RELAY-KEY-RESTRICTED: ");
    Command again =
        node.start(
            node.ssh("ann").forward("anns:80:" + service).forward("x:80:" + service).console());
    again.awaitOut(
        "RELAY-NOT-PERMITTED: anns.localhost is not permitted by your key,"
            + " which may listen on x:80$");
    again.awaitOut("HTTP: http://x.localhost");
  }

  @Test
  void keyThatExpires_isCut() throws Exception {
    Command ssh = ann();
    Instant end = Instant.now().plusSeconds(8).truncatedTo(ChronoUnit.SECONDS);
    String soon =
        DateTimeFormatter.ofPattern("yyyyMMddHHmmss").withZone(ZoneOffset.UTC).format(end);
    write(
        "expiry-time=\"" + soon + "Z\" " + node.keys().publicKey("ann"),
        node.keys().publicKey("ben"),
        node.keys().publicKey("carl"));
    Awaitility.await().atMost(SOON).until(() -> letsIn("carl"));
    assertThat(ssh.isAlive()).isTrue();

    Awaitility.await().until(() -> !Instant.now().isBefore(end));
    assertEnds(ssh, "RELAY-KEY-EXPIRED: the time of your key is over");
  }

  private boolean letsIn(String person) {
    try (Command ssh = Command.start(node.ssh(person).to("help-me"))) {
      return ssh.exitStatus() != 255;
    }
  }

  @Test
  void fileThatCannotBeHonoured_changesNothing_andItsLineIsLogged() throws Exception {
    Path keys = node.directory().resolve("team");
    Path home = Files.createDirectories(node.directory().resolve("other"));
    Files.writeString(keys, node.keys().publicKey("carl") + "\n");
    Path anns = home.resolve("authorized_keys"); // of a ServerProcess, which takes another too
    try (ServerProcess server = new ServerProcess(home, "--authorized-keys=" + keys).awaitReady();
        Command ssh = Command.start(server.ssh().forward("80:" + service).console())) {
      ssh.awaitOut("HTTP: ");
      Files.writeString(keys, "\nfrom=\"home\" " + node.keys().publicKey("carl") + "\n");
      Files.writeString(anns, "");
      server.process().awaitOut(keys + ":2: option 'from': .*; the keys read before stay in force");
      assertThat(ssh.isAlive()).isTrue();
      Files.writeString(keys, "");

      assertThat(ssh.exitStatus()).isEqualTo(255);
      assertThat(ssh.err()).contains("RELAY-KEY-REVOKED");
    }
  }
}
