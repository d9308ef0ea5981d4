package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import relay.server.oracle.RawVisitor;

/** Connections to the local service are used again, and nobody gets what another asked for. */
class PoolIT {

  @RegisterExtension final RelayNode node = RelayNode.with();

  private final AtomicInteger connections = new AtomicInteger();
  private final Map<String, AtomicInteger> seen = new ConcurrentHashMap<>();

  private interface Visit {
    void ask(RawVisitor visitor, String path) throws Exception;
  }

  private void forward(LocalService.Connection service) {
    node.start(
            node.ssh("ann").forward("foo:80:127.0.0.1:" + node.service(service).port()).console())
        .awaitOut("HTTP: ");
  }

  /** Visitors at once, each of whom asks one time after the other on one connection. */
  private void atOnce(int visitors, int requests, Visit visit) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(visitors);
    try {
      List<Future<Boolean>> all = new ArrayList<>();
      for (int i = 0; i < visitors; i++) {
        int number = i;
        all.add(
            threads.submit(() -> {
              try (RawVisitor visitor = new RawVisitor(node.httpAddress())) {
                for (int n = 0; n < requests; n++) {
                  visit.ask(visitor, "/" + number + "/" + n);
                }
              }
              return true;
            }));
      }
      for (Future<Boolean> one : all) {
        one.get(120, TimeUnit.SECONDS);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static String request(String method, String path, String body) {
    return method
        + (" " + path + " HTTP/1.1\r\nHost: foo.localhost\r\n")
        + ("Content-Length: " + body.length() + "\r\n\r\n" + body);
  }

  private static String answer(String path, String body) {
    String text = path + " " + body;
    return path.length() % 2 == 0
        ? "HTTP/1.1 200 OK\r\nContent-Length: " + text.length() + "\r\n\r\n" + text
        : "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            + (Integer.toHexString(text.length()) + "\r\n" + text + "\r\n0\r\n\r\n");
  }

  private String read(Socket socket) throws IOException {
    String head = Wire.head(socket.getInputStream());
    int length = Integer.parseInt(Wire.field(head, "content-length"));
    String path = Wire.path(head);
    seen.computeIfAbsent(path, key -> new AtomicInteger()).incrementAndGet();
    return answer(path, Wire.text(socket.getInputStream(), length));
  }

  @Test
  void visitors128_requests10000_eachGetsItsOwn() throws Exception {
    forward(socket -> {
      connections.incrementAndGet();
      while (true) {
        Wire.send(socket, read(socket));
      }
    });
    int each = 79;
    atOnce(
        128,
        each,
        (visitor, path) -> {
          SplittableRandom random = new SplittableRandom(path.hashCode());
          String body = ("<" + path + ">").repeat(random.nextInt(50));
          visitor.say(request(random.nextInt(3) == 0 ? "GET" : "POST", path, body));
          assertThat(visitor.answer().body()).isEqualTo(path + " " + body);
        });

    assertThat(seen).hasSize(128 * each);
    assertThat(seen.values()).allMatch(count -> count.get() == 1);
    assertThat(connections.get()).as("connections for 10,112 requests").isLessThan(2_000);
  }

  /** The service hangs up when it likes: before, at and after the moment of the next request. */
  private void forwardToOneWhoHangsUp() {
    forward(socket -> {
      connections.incrementAndGet();
      Wire.send(socket, read(socket));
      while (true) {
        int patience = ThreadLocalRandom.current().nextInt(8);
        if (patience == 0) {
          return;
        }
        socket.setSoTimeout(patience);
        int first = socket.getInputStream().read(); // a time-out ends the connection
        if (first < 0 || ThreadLocalRandom.current().nextInt(4) == 0) {
          return;
        }
        socket.setSoTimeout(0);
        Wire.send(socket, read(socket));
      }
    });
  }

  @Test
  void post_whileTheServiceHangsUp_neverSentTwice() throws Exception {
    forwardToOneWhoHangsUp();
    Map<String, Integer> answers = new ConcurrentHashMap<>();
    atOnce(
        16,
        100,
        (visitor, path) -> {
          RawVisitor.Answer answer = visitor.say(request("POST", path, "body")).answer();
          answers.put(path, answer.status());
          if (answer.status() == 200) {
            assertThat(answer.body()).isEqualTo(path + " body");
          }
        });

    assertThat(seen.values()).allMatch(count -> count.get() == 1);
    assertThat(answers.values()).contains(200).containsAnyOf(502).containsOnly(200, 502);
    answers.forEach((path, status) -> {
      if (status == 200) {
        assertThat(seen).containsKey(path);
      }
    });
  }

  @Test
  void get_whileTheServiceHangsUp_alwaysAnswered() throws Exception {
    forwardToOneWhoHangsUp();
    atOnce(
        16,
        100,
        (visitor, path) -> {
          visitor.say(request("GET", path, ""));
          assertThat(visitor.answer().body()).isEqualTo(path + " ");
        });

    assertThat(seen).hasSize(1600);
    assertThat(seen.values()).allMatch(count -> count.get() <= 2);
    assertThat(connections.get()).isGreaterThan(16);
  }
}
