package relay.server.tunnel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import relay.common.endpoint.Endpoint;
import relay.common.endpoint.Hostname;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.server.auth.Identity;
import relay.server.tunnel.Reservations.Listed;
import relay.server.tunnel.TunnelRegistry.Outcome;

class ReservationsTest {

  private static final Hostname FOO = Hostname.of("foo.example.org");

  @TempDir Path dir;
  private final FakeHolder anna = new FakeHolder("anna 1", "anna");
  private final FakeHolder bert = new FakeHolder("bert", "bert");
  private final Identity annas = anna.identity();
  private NameStore store;
  private HostnameAllocator names;
  private TunnelRegistry registry;
  private Reservations reservations;

  @BeforeEach
  void open() throws Exception {
    store = NameStore.open(dir);
    registry =
        TunnelRegistry.of(
            Duration.ZERO, Duration.ofDays(30), new Quota(2), store, System::nanoTime);
    names = new HostnameAllocator(Hostname.of("example.org"), store, registry::isReserved);
    reservations = new Reservations(registry, names);
  }

  @AfterEach
  void close() throws Exception {
    store.close();
  }

  /** As after a restart. */
  private void reopen() throws Exception {
    close();
    open();
  }

  private static <T> T done(CompletableFuture<T> future) throws Exception {
    return future.get(10, TimeUnit.SECONDS);
  }

  private static RefusalCode refused(CompletableFuture<?> future) {
    ExecutionException failure =
        catchThrowableOfType(ExecutionException.class, () -> future.get(10, TimeUnit.SECONDS));
    if (failure.getCause() instanceof RefusedException refused) {
      return refused.refusal().code();
    }
    throw new AssertionError("not refused", failure);
  }

  private @Nullable RefusalCode claim(Tunnel tunnel, int number) {
    return registry.reserve(tunnel, number) instanceof Outcome.Refused refused
        ? refused.why().code()
        : null;
  }

  @ParameterizedTest
  @CsvSource({
    "foo, foo.example.org",
    "FOO.example.org., foo.example.org",
    "www, www.example.org",
    "4000, port 4000",
  })
  void reserve_isItsOwners_alsoAfterARestart(String text, String shown) throws Exception {
    assertThat(done(reservations.reserve(text, annas, null))).isEqualTo(shown);
    for (int i = 0; i < 2; i++) {
      registry.sweep();
      assertThat(reservations.list()).containsExactly(new Listed(shown, annas.id(), "reserved"));
      assertThat(refused(reservations.reserve(text, bert.identity(), null)))
          .isIn(RefusalCode.NAME_TAKEN, RefusalCode.PORT_TAKEN);
      reopen();
    }
    assertThat(done(reservations.release(text, null)).name()).isEqualTo(shown);
    reopen();
    assertThat(reservations.list()).isEmpty();
    assertThat(refused(reservations.release(text, null))).isEqualTo(RefusalCode.NAME_UNKNOWN);
  }

  @ParameterizedTest
  @CsvSource({
    "a b, NAME_INVALID",
    "foo.example.com, NAME_INVALID",
    "a.foo.example.org, NAME_INVALID",
    "'', NAME_INVALID",
    "0, PORT_INVALID",
    "65536, PORT_INVALID",
    "xn--bcher-kva, NAME_INVALID",
  })
  void reserve_whatThereCannotBe_isRefused(String text, RefusalCode code) {
    assertThat(refused(reservations.reserve(text, annas, null))).isEqualTo(code);
    assertThat(reservations.list()).isEmpty();
  }

  @Test
  void reserved_isServedByItsOwnerOnly_andNoWordIsTooGoodForIt() throws Exception {
    assertThat(catchThrowableOfType(RefusedException.class, () -> names.chosen("admin")))
        .isNotNull();
    done(reservations.reserve("admin", annas, null));
    Hostname admin = names.chosen("admin");
    assertThat(claim(bert.tunnel(new Endpoint.Http(admin)), 0)).isEqualTo(RefusalCode.NAME_TAKEN);
    Tunnel tunnel = anna.tunnel(new Endpoint.Http(admin));
    assertThat(claim(tunnel, 0)).isNull();
    assertThat(reservations.list())
        .containsExactly(new Listed("admin.example.org", annas.id(), "reserved, live"));
    registry.release(tunnel);
    registry.sweep();
    assertThat(registry.route(admin, "/")).isEqualTo(new Route.Held());
  }

  /** A store that has not written the release down yet knows the word as somebody's. */
  @Test
  void releasedWord_isNobodysAtOnce_whateverTheDiskSays() throws Exception {
    FakeTitles titles = new FakeTitles();
    registry =
        new TunnelRegistry(
            Duration.ZERO, Duration.ofDays(30), new Quota(2), titles, System::nanoTime);
    names = new HostnameAllocator(Hostname.of("example.org"), store, registry::isReserved);
    reservations = new Reservations(registry, names);
    done(reservations.reserve("www", annas, null));
    names.chosen("www");
    store.put(Hostname.of("www.example.org"), Title.reserved(annas.id(), 0)).get();
    titles.written = new CompletableFuture<>();
    CompletableFuture<?> released = reservations.release("www", annas);
    assertThat(released).isNotDone();
    assertThat(catchThrowableOfType(RefusedException.class, () -> names.chosen("www")).refusal())
        .extracting(refusal -> refusal.code())
        .isEqualTo(RefusalCode.NAME_RESERVED);
  }

  @Test
  void reserve_doesNotCountAgainstTheQuota_butLeavesLessOfIt() throws Exception {
    for (int i = 0; i < 5; i++) {
      done(reservations.reserve("a" + i, annas, null));
    }
    assertThat(claim(anna.http("foo.example.org"), 0)).isEqualTo(RefusalCode.TOO_MANY_TUNNELS);
    assertThat(claim(anna.http("a0.example.org"), 0)).isNull();
  }

  @Test
  void reserve_byOneself_isWithinTheQuota_andNamesNobodyElse() throws Exception {
    done(reservations.reserve("foo", bert.identity(), null, root -> null));
    CompletableFuture<String> another = reservations.reserve("foo", annas, null, root -> null);
    assertThat(another)
        .failsWithin(Duration.ofSeconds(10))
        .withThrowableThat()
        .withMessageContaining("RELAY-NAME-TAKEN: foo.example.org belongs to another key")
        .withMessageNotContaining("bert");
    done(reservations.reserve("a", annas, null, root -> null));
    done(reservations.reserve("a", annas, null, root -> null));
    done(reservations.reserve("4000", annas, null, root -> null));
    assertThat(refused(reservations.reserve("b", annas, null, root -> null)))
        .isEqualTo(RefusalCode.TOO_MANY_TUNNELS);
    Refusal not = new Refusal(RefusalCode.NOT_PERMITTED, "no");
    assertThat(refused(reservations.reserve("a", annas, null, root -> not))).isEqualTo(not.code());
    assertThat(refused(reservations.reserve("www", annas, null, root -> null)))
        .isEqualTo(RefusalCode.NAME_RESERVED);
  }

  @Test
  void release_endsTunnels_andTheNameIsAnybodys() throws Exception {
    Tunnel tunnel = anna.http("foo.example.org");
    assertThat(claim(tunnel, 0)).isNull();
    assertThat(refused(reservations.release("foo", bert.identity())))
        .isEqualTo(RefusalCode.NAME_UNKNOWN);
    assertThat(done(reservations.release("foo", annas)))
        .isEqualTo(new Reservations.GivenUp("foo.example.org", true));
    assertThat(anna.lost).containsExactly(tunnel);
    registry.release(tunnel);
    assertThat(registry.route(FOO, "/")).isEqualTo(new Route.Unknown());
    assertThat(claim(bert.http("foo.example.org"), 0)).isNull();
  }

  @Test
  void release_ofAnOwnName_movesItToAnother_andNobodyGetsTheOld() throws Exception {
    Hostname first = names.own(annas, 1);
    Hostname second = names.own(annas, 2);
    Tunnel tunnel = anna.http(first.value());
    assertThat(claim(tunnel, 1)).isNull();
    done(reservations.release(first.value(), annas));
    assertThat(anna.lost).containsExactly(tunnel);
    for (int i = 0; i < 2; i++) {
      assertThat(names.own(annas, 1)).isNotEqualTo(first);
      assertThat(names.own(annas, 2)).as("another of hers").isEqualTo(second);
      assertThat(reservations.list())
          .containsExactly(new Listed(first.value(), annas.id(), "quarantined"));
      assertThat(registry.route(first, "/")).isEqualTo(new Route.Unknown());
      assertThat(claim(bert.http(first.value()), 0)).isEqualTo(RefusalCode.NAME_HELD);
      reopen();
    }
    Hostname now = names.own(annas, 1);
    done(reservations.release(first.value(), null));
    assertThat(names.own(annas, 1)).as("the old one moves nothing").isEqualTo(now);
  }

  @Test
  void release_ofAnOwnNameThatWasOnlyReserved_leavesItInQuarantine() throws Exception {
    Hostname first = names.own(annas, 1);
    done(reservations.reserve(first.value(), annas, null));
    reopen();
    done(reservations.release(first.value(), null));
    assertThat(names.own(annas, 1)).isNotEqualTo(first);
    assertThat(claim(bert.http(first.value()), 0)).isEqualTo(RefusalCode.NAME_HELD);
  }

  @Test
  void reserve_thatCannotBeWritten_isNone() throws Exception {
    FakeTitles titles = new FakeTitles();
    registry =
        new TunnelRegistry(
            Duration.ofMinutes(10), Duration.ZERO, new Quota(2), titles, System::nanoTime);
    reservations = new Reservations(registry, names);
    titles.failure = new IOException("disk full");
    assertThat(refused(reservations.reserve("foo", annas, null)))
        .isEqualTo(RefusalCode.STORE_FAILED);
    assertThat(reservations.list()).isEmpty();
    titles.failure = null;
    assertThat(claim(bert.http("foo.example.org"), 0)).isNull();
    titles.failure = new IOException("disk full");
    assertThat(refused(reservations.reserve("foo", bert.identity(), null)))
        .isEqualTo(RefusalCode.STORE_FAILED);
    assertThat(reservations.list())
        .containsExactly(new Listed("foo.example.org", bert.identity().id(), "live"));
  }
}
