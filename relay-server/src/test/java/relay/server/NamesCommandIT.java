package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import relay.server.admin.AdminClient;

/** {@code relay-server reserve}, {@code release} and {@code names}, with a server and without. */
class NamesCommandIT {

  private static final int RESERVATIONS = 1_000;

  @TempDir Path dir;

  /** Runs the command to its end. */
  private Command run(ServerProcess server, String... words) {
    return ServerProcess.command(server.dataDir(), words);
  }

  private static String fingerprint(Keys keys, String person) {
    return Command.run("ssh-keygen", "-l", "-f", keys.of(person).toString()).split(" ", -1)[1];
  }

  @Test
  void reservedName_isForItsKeyAlone_withAServerAndWithout() throws Exception {
    Keys people = new Keys(Files.createDirectories(dir.resolve("people")));
    Path authorized = Files.writeString(dir.resolve("authorized"), people.publicKey("ben") + "\n");
    String bens = fingerprint(people, "ben");
    String port = "" + LocalService.freePort();
    try (ServerProcess server =
        new ServerProcess(dir, "--authorized-keys=" + authorized).awaitReady()) {
      assertThat(run(server, "reserve", "foo", "--to", bens).out())
          .isEqualTo("foo.localhost is reserved for " + bens);
      assertThat(run(server, "reserve", port, "--to", bens).exitStatus()).isZero();
      Command ann = Command.start(server.ssh().forward("foo:80:127.0.0.1:1").console());
      ann.awaitOut("RELAY-NAME-TAKEN: foo.localhost is reserved for another key");
      ann.close();
      assertThat(run(server, "reserve", "foo", "--to", "SHA256:" + "a".repeat(43)).err())
          .isEqualTo(
              "relay-server: RELAY-NAME-TAKEN: foo.localhost belongs to "
                  + bens
                  + "; release it first");
      try (RawClient ben = new RawClient(server.port("ssh"), people.of("ben"))) {
        assertThat(ben.forward("foo", 80).text()).isEqualTo("granted");
        assertThat(run(server, "names").out())
            .containsPattern("foo.localhost +" + quoted(bens) + " +reserved, live")
            .containsPattern("port " + port + " +" + quoted(bens) + " +reserved");
        assertThat(run(server, "names", "--json").out().lines())
            .contains(
                "{\"name\":\"foo.localhost\",\"owner\":\""
                    + bens
                    + "\",\"state\":\"reserved, live\"}");
      }
      server.kill();

      assertThat(run(server, "names").out()).contains("foo.localhost").contains("port " + port);
      Command refused = run(server, "release", "bar");
      assertThat(refused.exitStatus()).isEqualTo(2);
      assertThat(refused.err())
          .isEqualTo("relay-server: RELAY-NAME-UNKNOWN: nobody has bar.localhost");
      assertThat(run(server, "reserve", "bar", "--to", bens, "--pool").exitStatus()).isZero();
      assertThat(run(server, "names").out()).containsPattern("bar.localhost .* reserved, pool");
      assertThat(run(server, "release", "foo").out()).isEqualTo("foo.localhost is released");
    }
    try (ServerProcess server =
        new ServerProcess(dir, "--authorized-keys=" + authorized).awaitReady()) {
      Command ann =
          Command.start(
              server.ssh().forward("foo:80:127.0.0.1:1").forward("bar:80:127.0.0.1:1").console());
      ann.awaitOut("HTTP: http://foo.localhost:");
      ann.awaitOut("RELAY-NAME-TAKEN: bar.localhost is reserved for another key");
      ann.close();
    }
  }

  private static String quoted(String text) {
    return java.util.regex.Pattern.quote(text);
  }

  @Test
  void release_ofALiveName_endsItsTunnel() {
    try (ServerProcess server = new ServerProcess(dir).awaitReady()) {
      Command ann = Command.start(server.ssh().forward("foo:80:127.0.0.1:1").console());
      ann.awaitOut("HTTP: http://foo.localhost:");
      assertThat(run(server, "release", "foo").out()).isEqualTo("foo.localhost is released");
      ann.awaitOut("RELAY-NAME-RELEASED: foo.localhost was released");
      assertThat(ann.isAlive()).isTrue();
      ann.close();
    }
  }

  @Test
  void killedAmidReservations_loses_noneThatWasAcknowledged() throws Exception {
    List<String> acknowledged = new ArrayList<>();
    try (ServerProcess server = new ServerProcess(dir).awaitReady()) {
      CountDownLatch third = new CountDownLatch(RESERVATIONS / 3);
      CompletableFuture<Void> done =
          CompletableFuture.runAsync(() -> {
            for (int i = 0; i < RESERVATIONS; i++) {
              try {
                List<String> answer =
                    AdminClient.ask(
                        server.dataDir(),
                        "{\"do\":\"reserve\",\"name\":\"name%d\",\"to\":\"SHA256:%s\"}"
                            .formatted(i, "a".repeat(43)),
                        Duration.ofSeconds(10));
                if (answer.size() == 1 && answer.get(0).contains("\"ok\":true")) {
                  acknowledged.add("name" + i + ".localhost ");
                  third.countDown();
                }
              } catch (IOException e) {
                return; // the server is gone
              }
            }
          });
      assertThat(third.await(20, TimeUnit.SECONDS)).isTrue();
      server.kill();
      done.get(20, TimeUnit.SECONDS);
      assertThat(acknowledged).hasSizeBetween(RESERVATIONS / 3, RESERVATIONS - 1);
      assertThat(run(server, "names").out()).contains(acknowledged);
    }
  }
}
