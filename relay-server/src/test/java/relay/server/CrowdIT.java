package relay.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Many clients at once for one name, and clients that go as soon as they have come. */
class CrowdIT {

  private static final int RACERS = 20;

  @RegisterExtension final RelayNode node = RelayNode.with();

  /** Answers each request with who serves it, and its target. */
  private static void serve(Socket visitor, String server) throws IOException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(visitor.getInputStream(), US_ASCII));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String body = server + " " + line.split(" ", -1)[1];
      String field = in.readLine();
      while (field != null && !field.isEmpty()) {
        field = in.readLine();
      }
      String answer = "HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
      visitor.getOutputStream().write(answer.getBytes(US_ASCII));
    }
  }

  @Test
  void twentyKeys_raceForOneName_oneHasIt_andOnlyItsBytesAreServed() throws Exception {
    List<String> racers = IntStream.range(0, RACERS).mapToObj(i -> "racer" + i).toList();
    List<String> lines = new ArrayList<>();
    for (String racer : racers) {
      lines.add(node.keys().publicKey(racer));
    }
    node.authorize(lines.toArray(String[]::new));
    List<Command> clients = new ArrayList<>();
    for (String racer : racers) {
      LocalService service = node.service(visitor -> serve(visitor, racer));
      clients.add(
          node.start(node.ssh(racer).forward("race:80:127.0.0.1:" + service.port()).console()));
    }

    List<String> winners = new ArrayList<>();
    for (int i = 0; i < RACERS; i++) {
      String told =
          clients.get(i).awaitOut("(HTTP: http://race\\.localhost|RELAY-NAME-TAKEN: race)");
      if (told.startsWith("HTTP")) {
        winners.add(racers.get(i));
      }
    }
    assertThat(winners).hasSize(1);
    for (int tag = 0; tag < 200; tag++) {
      assertThat(node.curl("race.localhost", "/" + tag))
          .isEqualTo(winners.get(0) + " /" + tag + "\n200");
    }
  }

  @Test
  void hundredClients_comeAndAreKilled_noRouteIsLeft() {
    for (int round = 0; round < 10; round++) {
      List<Command> clients = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        String name = "drop" + (10 * round + i);
        clients.add(node.start(node.ssh("ann").forward(name + ":80:127.0.0.1:1").noCommand()));
      }
      node.awaitTunnels(10);
      clients.forEach(client -> client.signal("KILL"));
      await()
          .atMost(Duration.ofSeconds(2))
          .untilAsserted(() -> assertThat(node.server().census().tunnels()).isZero());
      assertThat(node.curl("drop" + 10 * round + ".localhost", "/"))
          .contains("RELAY-503-OFFLINE")
          .endsWith("503");
    }
  }

  /** One after the other, so that each has its own time; every second is gone unanswered. */
  @Test
  void hundredClients_dropAsTheyForward_eachRouteIsGoneWithinASecond() throws Exception {
    Duration longest = Duration.ZERO;
    for (int i = 0; i < 100; i++) {
      RawClient client = new RawClient(node.sshPort(), node.keys().of("ann"));
      int port = LocalService.freePort();
      RawClient.Answer last = client.forward("localhost", port);
      client.forward("ghost" + i, 80);
      if (i % 2 == 0) {
        last.text();
        assertThat(Listening.on(port)).isNotEmpty();
      }
      client.close();
      long start = System.nanoTime();
      await()
          .pollInterval(Duration.ofMillis(5))
          .until(() -> node.server().census().equals(RelayServer.Census.NOTHING));
      Duration took = Duration.ofNanos(System.nanoTime() - start);
      longest = took.compareTo(longest) > 0 ? took : longest;
      assertThat(Listening.on(port)).isEmpty();
    }
    assertThat(longest).as("the slowest of a hundred").isLessThan(Duration.ofSeconds(1));
    assertThat(node.curl("ghost98.localhost", "/")).contains("RELAY-503-OFFLINE");
  }
}
