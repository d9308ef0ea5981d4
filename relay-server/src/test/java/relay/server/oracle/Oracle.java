package relay.server.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * Many visitors at once, good and hostile by turns, and a service that reads by the letter: the
 * requests that it saw must be those that were answered, each whole, once, and of one visitor's
 * octets only.
 */
public final class Oracle implements AutoCloseable {

  private static final List<HostileRequests.Hostile> HOSTILE =
      Stream.concat(HostileRequests.heads(), HostileRequests.refusedOtherwise()).toList();

  private final StrictService service = new StrictService();
  private final Queue<String> answered = new ConcurrentLinkedQueue<>();
  private final Queue<String> cutInBody = new ConcurrentLinkedQueue<>();

  public int port() {
    return service.port();
  }

  /** Sends so many rounds of requests at once; fails where a visitor gets what is not his. */
  public void visit(InetSocketAddress edge, int visitors, int rounds, long seed) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(visitors);
    try {
      List<Future<Boolean>> all = new ArrayList<>();
      for (int i = 0; i < visitors; i++) {
        int first = i * rounds * 10;
        SplittableRandom random = new SplittableRandom(seed + i);
        all.add(
            threads.submit(() -> {
              new Person(edge, random, first).visit(rounds);
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

  /** What the service saw against what the visitors were answered. */
  public void judge() {
    Awaitility.await()
        .untilAsserted(
            () -> assertThat(service.seen.size()).isGreaterThanOrEqualTo(answered.size()));
    assertThat(service.violations).isEmpty();
    List<String> whole = marks(true);
    assertThat(whole).doesNotHaveDuplicates();
    assertThat(new TreeSet<>(whole)).isEqualTo(new TreeSet<>(answered));
    assertThat(answered).doesNotHaveDuplicates();
    assertThat(cutInBody).as("heads whose body turned out bad").containsAll(marks(false));
    for (Recording connection : service.connections) {
      assertThat(connection.from(0)).doesNotContain("evil").doesNotContain("~h");
    }
  }

  private List<String> marks(boolean whole) {
    return service.seen.stream()
        .filter(seen -> seen.whole() == whole)
        .map(StrictService.Seen::mark)
        .toList();
  }

  @Override
  public void close() throws IOException {
    service.close();
  }

  /** One after the other on connections of his own. */
  private final class Person {

    private final InetSocketAddress edge;
    private final SplittableRandom random;
    private int next;

    Person(InetSocketAddress edge, SplittableRandom random, int first) {
      this.edge = edge;
      this.random = random;
      this.next = first;
    }

    void visit(int rounds) throws IOException {
      int round = 0;
      while (round < rounds) {
        try (RawVisitor visitor = new RawVisitor(edge)) {
          boolean goesOn = true;
          while (goesOn && round++ < rounds) {
            int kind = random.nextInt(10);
            goesOn = kind < 6 ? good(visitor) : kind < 9 ? hostile(visitor) : badBody(visitor);
          }
        }
      }
    }

    private boolean good(RawVisitor visitor) throws IOException {
      GoodRequests.Good[] requests = new GoodRequests.Good[1 + random.nextInt(3)];
      StringBuilder all = new StringBuilder();
      for (int i = 0; i < requests.length; i++) {
        requests[i] = GoodRequests.make(random.nextInt(GoodRequests.KINDS), "~" + next++ + "~");
        all.append(requests[i].octets());
      }
      inPieces(visitor, all.toString());
      for (GoodRequests.Good request : requests) {
        expect(visitor, request);
      }
      return true;
    }

    private void expect(RawVisitor visitor, GoodRequests.Good request) throws IOException {
      RawVisitor.Answer answer = visitor.answer(request.toHead());
      String all = answer.head() + answer.body() + answer.trailers();
      assertThat(answer.status()).as(all).isEqualTo(200);
      assertThat(StrictService.MARK.matcher(all).results().map(mark -> mark.group()))
          .as(request.octets())
          .isNotEmpty()
          .containsOnly(request.mark());
      if (!request.toHead()) {
        assertThat(answer.body()).startsWith(request.mark() + request.bodyLength() + "\r\n");
      }
      answered.add(request.mark());
    }

    /** A bad head, alone or right behind a good request. */
    private boolean hostile(RawVisitor visitor) throws IOException {
      HostileRequests.Hostile hostile = HOSTILE.get(random.nextInt(HOSTILE.size()));
      GoodRequests.Good before = null;
      String octets = hostile.octets() + smuggled();
      if (random.nextBoolean()) {
        before = GoodRequests.make(random.nextInt(GoodRequests.KINDS), "~" + next++ + "~");
        octets = before.octets() + octets;
      }
      inPieces(visitor, octets);
      if (before != null) {
        expect(visitor, before);
      }
      expectRefusal(visitor, hostile.status(), hostile.octets());
      return false;
    }

    /** A good head, which may have gone on, with a body that is not one. */
    private boolean badBody(RawVisitor visitor) throws IOException {
      List<String> chunks = HostileRequests.chunks();
      String chunk = chunks.get(random.nextInt(chunks.size()));
      String mark = "~c" + next++ + "~";
      cutInBody.add(mark);
      inPieces(
          visitor,
          ("POST /" + mark + " HTTP/1.1\r\nHost: foo.localhost\r\n")
              + ("Transfer-Encoding: chunked\r\n\r\n" + chunk + smuggled()));
      expectRefusal(visitor, 400, chunk);
      return false;
    }

    private String smuggled() {
      return "GET /~h" + next++ + "~ HTTP/1.1\r\nHost: foo.localhost\r\n\r\n";
    }

    private void expectRefusal(RawVisitor visitor, int status, String octets) throws IOException {
      RawVisitor.Answer page = visitor.answer();
      assertThat(page.status()).as(octets + page).isEqualTo(status);
      assertThat(page.head()).containsIgnoringCase("\r\nconnection: close\r\n");
      assertThat(visitor.rest()).as(octets).isEmpty();
    }

    private void inPieces(RawVisitor visitor, String octets) throws IOException {
      int length = octets.length();
      int piece = random.nextInt(3) == 0 ? random.nextInt(length / 40, length) + 1 : length;
      for (int at = 0; at < octets.length(); at += piece) {
        visitor.say(octets.substring(at, Math.min(octets.length(), at + piece)));
      }
    }
  }
}
