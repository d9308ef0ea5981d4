package relay.server.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import relay.common.endpoint.Hostname;

class OwnDomainsTest {

  private record Question(Hostname domain, CompletableFuture<Set<String>> answer) {}

  private final TunnelRegistry registry =
      new TunnelRegistry(
          Duration.ZERO, Duration.ZERO, new Quota(1000), new FakeTitles(), System::nanoTime);
  private final List<Question> questions = new CopyOnWriteArrayList<>();
  private final OwnDomains domains =
      new OwnDomains(Hostname.of("example.org"), registry, this::ask);
  private final FakeHolder anna = new FakeHolder("anna", "anna");

  private CompletableFuture<Set<String>> ask(Hostname domain) {
    Question question = new Question(domain, new CompletableFuture<>());
    questions.add(question);
    return question.answer();
  }

  @Test
  void recheck_asksAFewAtOnce_andNoTwoRoundsOverlap() throws Exception {
    for (int i = 0; i < 50; i++) {
      registry.reserve(anna.http("d" + i + ".example.com"));
    }
    CompletableFuture<Void> round = domains.recheck();
    assertThat(questions).hasSize(16);
    assertThat(domains.recheck()).isDone();
    assertThat(questions).as("the second round is left out").hasSize(16);

    questions.get(3).answer().complete(Set.of());
    assertThat(anna.lost).as("one that is slow delays the others of its row alone").hasSize(1);
    assertThat(questions).hasSize(17);
    for (int i = 0; i < questions.size(); i++) { // each answer brings the next question
      questions.get(i).answer().complete(Set.of(anna.identity().id()));
    }
    round.get(5, TimeUnit.SECONDS);
    assertThat(questions.stream().map(Question::domain).distinct()).hasSize(50);
    assertThat(anna.lost).hasSize(1);

    CompletableFuture<Void> next = domains.recheck();
    assertThat(next).isNotDone();
    assertThat(questions).hasSize(50 + 16);
  }
}
