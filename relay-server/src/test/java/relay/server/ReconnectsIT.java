package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One client that comes back five hundred times, mostly before its last session was missed. */
class ReconnectsIT {

  private static final int WARM_UP = 50;
  private static final int RECONNECTS = 500;

  /** A session that stayed would hold more than 10 KB; five hundred of them, ten times this. */
  private static final long HEAP = 500_000;

  @TempDir Path dir;

  @Test
  void fiveHundred_leaveNothingBehind() throws Exception {
    try (ServerProcess server = new ServerProcess(dir).awaitReady()) {
      int port = LocalService.freePort();
      reconnect(server, port, WARM_UP);
      Left before = settled(server, port);
      reconnect(server, port, RECONNECTS);
      Awaitility.await()
          .atMost(Duration.ofSeconds(15))
          .pollInterval(Duration.ofMillis(500))
          .untilAsserted(() -> {
            Left now = settled(server, port);
            assertThat(now.descriptors()).isLessThanOrEqualTo(before.descriptors());
            assertThat(now.threads()).isLessThanOrEqualTo(before.threads());
            assertThat(now.heap() - before.heap()).as("bytes more on the heap").isLessThan(HEAP);
          });
    }
  }

  /** Every second session is gone before the next comes; the others are taken over from. */
  private void reconnect(ServerProcess server, int port, int times) throws Exception {
    Path key = dir.resolve("keys").resolve("ann");
    RawClient last = null;
    for (int i = 0; i < times; i++) {
      if (last != null && i % 2 == 0) {
        last.close();
      }
      RawClient client = new RawClient(server.port("ssh"), key);
      List<RawClient.Answer> answers =
          List.of(client.forward("foo", 80), client.forward("localhost", port));
      for (RawClient.Answer answer : answers) {
        assertThat(answer.text()).as("reconnect %s", i).isEqualTo("granted");
      }
      if (last != null) {
        last.close();
      }
      last = client;
    }
    if (last != null) {
      last.close();
    }
  }

  private record Left(long descriptors, long threads, long heap) {}

  /** What the server has when nobody is connected. */
  private static Left settled(ServerProcess server, int port) throws Exception {
    Awaitility.await().untilAsserted(() -> assertThat(Listening.on(port)).isEmpty());
    long heap = heap(server);
    return new Left(entries(server, "fd"), entries(server, "task"), heap);
  }

  private static long entries(ServerProcess server, String of) throws IOException {
    try (Stream<Path> all =
        Files.list(Path.of("/proc", Long.toString(server.process().pid()), of))) {
      return all.count();
    }
  }

  /** After a full collection; asked for the first time, the JVM opens a descriptor for it. */
  private static long heap(ServerProcess server) {
    String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    String[] total =
        Command.run(jcmd, Long.toString(server.process().pid()), "GC.class_histogram")
            .lines()
            .filter(line -> line.startsWith("Total"))
            .findFirst()
            .orElseThrow()
            .split(" +", -1);
    return Long.parseLong(total[2]);
  }
}
