package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** One session asks for far too much, ten thousand times; another owner's visitors do not wait. */
class QuotasIT {

  /** Enough to share an event loop with the flood. */
  private static final int OWNERS = 4;

  private static final int MANY = 10_000;
  private static final int TUNNELS = 200;
  private static final int CONSOLES = 10;
  private static final int VARIABLES = 128;

  @RegisterExtension final RelayNode node = RelayNode.with();

  private final AtomicBoolean over = new AtomicBoolean();
  private RawClient ann;
  private final List<CompletableFuture<List<Duration>>> visits = new ArrayList<>();

  @BeforeEach
  void visitBenAllTheTime() throws Exception {
    int service = node.nginx("").port();
    for (int i = 0; i < OWNERS; i++) {
      String name = "bens" + i;
      node.start(node.ssh("ben").forward(name + ":80:127.0.0.1:" + service).console())
          .awaitOut("http://" + name + ".localhost");
      Socket visitor = node.visit(node.httpPort());
      visits.add(Octets.async(() -> visit(visitor, name)));
    }
    ann = node.closing(new RawClient(node.sshPort(), node.keys().of("ann")));
  }

  private List<Duration> visit(Socket visitor, String name) throws Exception {
    List<Duration> times = new ArrayList<>();
    while (!over.get()) {
      long start = System.nanoTime();
      Wire.send(visitor, "GET /hello HTTP/1.1\r\nHost: " + name + ".localhost\r\n\r\n");
      Wire.Answer answer = Wire.answer(visitor.getInputStream());
      assertThat(answer.status()).isEqualTo("200");
      assertThat(answer.body()).isEqualTo("hello from nginx\n");
      times.add(Duration.ofNanos(System.nanoTime() - start));
    }
    return times;
  }

  @AfterEach
  void theOthersAreServed_andTheSessionGoesOn() throws Exception {
    over.set(true);
    for (CompletableFuture<List<Duration>> visit : visits) {
      assertThat(visit.get(20, TimeUnit.SECONDS))
          .isNotEmpty()
          .as("on two cores that the flood takes too")
          .allSatisfy(took -> assertThat(took).isLessThan(Duration.ofSeconds(2)));
    }
    assertThat(ann.isOpen()).isTrue();
    assertThat(ann.request("keepalive@openssh.com", none -> {}).text()).isEqualTo("refused");
  }

  @Test
  void forwards_areRefusedPastTheQuota() throws Exception {
    List<RawClient.Answer> answers = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      answers.add(i % 2 == 0 ? ann.forward("n" + i, 80) : ann.forward("", 0));
    }
    for (int i = 0; i < MANY; i++) {
      assertThat(answers.get(i).text())
          .as("forward %s", i)
          .startsWith(i < TUNNELS ? "granted" : "refused");
    }
    assertThat(node.server().census().tunnels()).isEqualTo(TUNNELS + OWNERS);
    assertThat(ann.cancel("n0", 80).text()).isEqualTo("granted");
    assertThat(ann.forward("another", 80).text()).isEqualTo("granted");
  }

  @Test
  void consoles_areRefusedPastTheQuota() throws Exception {
    List<RawClient.RawChannel> channels = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      channels.add(ann.open("session", none -> {}));
    }
    for (int i = 0; i < MANY; i++) {
      assertThat(channels.get(i).answer())
          .as("channel %s", i)
          .isEqualTo(
              i < CONSOLES ? "open" : "refused 4 relay: RELAY-TOO-MANY-CHANNELS: at most 10");
    }
  }

  @Test
  void commandsOnOneChannel_areOne() throws Exception {
    RawClient.RawChannel console = ann.open("session", none -> {});
    assertThat(console.answer()).isEqualTo("open");
    for (int i = 0; i < MANY; i++) {
      ann.request(console, "exec", packet -> packet.putString("host-header=rewrite"));
    }
    Awaitility.await().until(() -> console.granted() + console.refused() == MANY);
    assertThat(console.granted()).isEqualTo(1);
  }

  @Test
  void variables_areRefusedPastTheQuota() throws Exception {
    RawClient.RawChannel console = ann.open("session", none -> {});
    assertThat(console.answer()).isEqualTo("open");
    for (int i = 0; i < MANY; i++) {
      String name = "V" + i;
      ann.request(
          console,
          "env",
          packet -> {
            packet.putString(name);
            packet.putString("x".repeat(1000));
          });
    }
    Awaitility.await().until(() -> console.granted() + console.refused() == MANY);
    assertThat(console.granted()).isEqualTo(VARIABLES);
  }
}
