package relay.server.tunnel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import relay.common.endpoint.Hostname;

class NameStoreTest {

  private static final Hostname FOO = Hostname.of("foo.example.org");

  @TempDir Path dir;
  private final AtomicLong wall = new AtomicLong(1_000_000);

  private NameStore open() throws IOException {
    return NameStore.open(dir, wall::get);
  }

  private static void await(CompletableFuture<Void> done) throws Exception {
    done.get(10, TimeUnit.SECONDS);
  }

  @Test
  void everything_isThereAgain() throws Exception {
    Map<Object, Title> all =
        Map.of(
            FOO,
            Title.taken("SHA256:ann", 0),
            Hostname.of("bar.example.org"),
            new Title("SHA256:ben", true, true, true, true, 0, null),
            Hostname.of("calm-otter-x4k2p.example.org"),
            Title.quarantined("SHA256:ann", 2, Duration.ofDays(30)),
            4000,
            Title.taken("SHA256:ann", 0));
    try (NameStore store = open()) {
      all.forEach(store::put);
      store.put(5000, Title.taken("SHA256:ann", 0));
      store.remove(5000);
      store.advance("SHA256:ann", 2);
      await(store.remove(6000));
    }
    for (int i = 0; i < 2; i++) {
      try (NameStore store = open()) {
        assertThat(store.titles()).isEqualTo(all);
        assertThat(store.counter("SHA256:ann", 2)).isEqualTo(1);
        assertThat(store.counter("SHA256:ann", 1)).isZero();
      }
    }
  }

  @Test
  void quarantine_goesOn_whileNothingRuns() throws Exception {
    try (NameStore store = open()) {
      await(store.put(FOO, Title.quarantined("SHA256:ann", 1, Duration.ofSeconds(9))));
    }
    wall.addAndGet(4_000);
    try (NameStore store = open()) {
      assertThat(store.titles())
          .containsEntry(FOO, Title.quarantined("SHA256:ann", 1, Duration.ofSeconds(5)));
    }
    wall.addAndGet(100_000_000_000L);
    try (NameStore store = open()) {
      assertThat(store.titles())
          .containsEntry(FOO, Title.quarantined("SHA256:ann", 1, Duration.ZERO));
    }
  }

  @Test
  void file_staysShort_howeverOftenNamesComeAndGo() throws Exception {
    try (NameStore store = open()) {
      for (int i = 0; i < 40; i++) {
        List<CompletableFuture<Void>> all = new ArrayList<>();
        for (int port = 20_000; port < 20_400; port++) {
          all.add(store.put(port, Title.taken("SHA256:" + i, 0)));
        }
        for (CompletableFuture<Void> done : all) {
          await(done);
        }
      }
    }
    assertThat(Files.size(dir.resolve("names"))).isLessThan(512 << 10);
    try (NameStore store = open()) {
      assertThat(store.titles()).hasSize(400).containsEntry(20_399, Title.taken("SHA256:39", 0));
    }
  }

  @Test
  void closed_refuses() throws Exception {
    NameStore store = open();
    store.close();
    assertThatThrownBy(() -> await(store.put(FOO, Title.taken("SHA256:ann", 0))))
        .isInstanceOf(ExecutionException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "[{}]",
        "[1]",
        "[{\"name\":\"FOO\"}]",
        "[{\"port\":70000,\"owner\":\"a\"}]",
        "[{\"identity\":\"a\",\"number\":0,\"counter\":1}]",
        "["
      })
  void lineThatIsNoneOfOurs_isNamed(String line) throws Exception {
    try (Journal journal = Journal.open(dir.resolve("names"))) {
      journal.append(line);
    }
    assertThatThrownBy(this::open)
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(dir.resolve("names") + ":2: expected changes of names: ");
  }
}
