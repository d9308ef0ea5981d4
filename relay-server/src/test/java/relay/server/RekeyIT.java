package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Keys that change all the time, on either leg, under eight busy streams. */
@SuppressWarnings("NullAway.Init") // what serve makes
class RekeyIT {

  private static final int STREAMS = 8;
  private static final int LENGTH = 4 << 20;
  private static final String LIMIT = "RekeyLimit=1M";
  private static final String NO_LIMIT = "RekeyLimit=64G none";

  @RegisterExtension final RelayNode node = RelayNode.with();

  private final ConcurrentHashMap<Integer, String> received = new ConcurrentHashMap<>();
  private Command owner;

  /** The first octet of a visitor says which stream his is. */
  private void serve(String limit) {
    int port =
        node.service(
                socket -> {
                  int number = socket.getInputStream().read();
                  received.put(number, Octets.exchange(socket, 100 + number, LENGTH).join());
                })
            .port();
    owner =
        node.start(
            node.ssh("ann")
                .with("-v")
                .option(limit)
                .forward("foo:22:127.0.0.1:" + port)
                .forward("box:22:127.0.0.1:" + node.sshPort())
                .console());
    owner.awaitOut("^TCP Alias: box:22$");
  }

  private void assertStreams(int port) throws Exception {
    received.clear();
    List<CompletableFuture<String>> back = new ArrayList<>();
    for (int i = 0; i < STREAMS; i++) {
      var socket = node.visit(port);
      socket.getOutputStream().write(i);
      back.add(Octets.exchange(socket, i, LENGTH));
    }
    for (int i = 0; i < STREAMS; i++) {
      assertThat(back.get(i).get(60, TimeUnit.SECONDS))
          .as("back on stream %s", i)
          .isEqualTo(Octets.digest(100 + i, LENGTH));
    }
    Awaitility.await().until(() -> received.size() == STREAMS);
    for (int i = 0; i < STREAMS; i++) {
      assertThat(received.get(i)).as("there on stream %s", i).isEqualTo(Octets.digest(i, LENGTH));
    }
  }

  private static long rekeys(Command ssh) {
    return ssh.err().lines().filter(line -> line.contains("SSH2_MSG_NEWKEYS received")).count();
  }

  private Command visitors(int port, String limit) {
    Command visitors =
        node.start(
            node.ssh("ann").with("-v").option(limit).with("-L", port + ":foo:22").noCommand());
    node.awaitListening(port);
    return visitors;
  }

  private void assertRekeyedByBytes(String limit) throws Exception {
    int port = LocalService.freePort();
    Command visitors = visitors(port, limit);
    assertStreams(port);
    assertThat(rekeys(owner)).isGreaterThan(10);
    assertThat(rekeys(visitors)).isGreaterThan(10);
  }

  @Test
  void localForward_losesAndMixesNothing() throws Exception {
    serve(LIMIT);
    assertRekeyedByBytes(LIMIT);
  }

  @Test
  void serversLimit_ofBytes_losesAndMixesNothing() throws Exception {
    node.restartWith("limits.rekey-bytes=1MB");
    serve(NO_LIMIT);
    assertRekeyedByBytes(NO_LIMIT);
  }

  @Test
  void serversLimit_ofTime_losesAndMixesNothing() throws Exception {
    node.restartWith("limits.rekey-after=1s");
    serve(NO_LIMIT);
    assertRekeyedByTime(NO_LIMIT);
  }

  @Test
  void clientsLimit_ofTime_losesAndMixesNothing() throws Exception {
    serve("RekeyLimit=default 1");
    assertRekeyedByTime("RekeyLimit=default 1");
  }

  private void assertRekeyedByTime(String limit) throws Exception {
    int port = LocalService.freePort();
    Command visitors = visitors(port, limit);
    long start = System.nanoTime();
    while (rekeys(owner) < 4 || rekeys(visitors) < 4) { // the first is the login's
      assertStreams(port);
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(30));
    }
  }

  @Test
  void jump_losesAndMixesNothing() throws Exception {
    serve(LIMIT);
    int port = LocalService.freePort();
    Path config =
        Files.writeString(
            node.directory().resolve("config"),
            """
            Host relay
              HostName 127.0.0.1
              Port %d
            Host box
              HostKeyAlias [127.0.0.1]:%d
              LocalForward %d foo:22
            Host *
              User relay
              IdentityFile %s
              IdentitiesOnly yes
              BatchMode yes
              UserKnownHostsFile %s
              RekeyLimit 1M
            """
                .formatted(
                    node.sshPort(),
                    node.sshPort(),
                    port,
                    node.keys().of("ann"),
                    node.knownHosts()));
    Command visitors =
        node.start(
            List.of("/usr/bin/ssh", "-v", "-N", "-F", config.toString(), "-J", "relay", "box"));
    node.awaitListening(port);

    assertStreams(port);
    assertThat(rekeys(owner)).isGreaterThan(10);
    assertThat(rekeys(visitors)).isGreaterThan(10);
  }
}
