package relay.server.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import relay.common.endpoint.Endpoint;
import relay.common.endpoint.Hostname;
import relay.common.endpoint.RefusalCode;
import relay.server.tunnel.TunnelRegistry.Outcome;

/** Names and ports after a restart, by the store on the disk. */
class RestoredNamesTest {

  private static final Duration HOLD = Duration.ofMinutes(10);
  private static final Duration QUARANTINE = Duration.ofDays(30);
  private static final Hostname FOO = Hostname.of("foo.example.org");

  private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 5); // it overflows in each test
  private final FakeHolder anna = new FakeHolder("anna 1", "anna");
  private final FakeHolder bert = new FakeHolder("bert", "bert");

  @Test
  void restored_isHeldAnew_reservedForEver_andQuarantinedForTheRest(@TempDir Path dir)
      throws Exception {
    Duration left = Duration.ofDays(3);
    try (NameStore store = NameStore.open(dir, () -> 1_000L)) {
      store.put(FOO, Title.taken("SHA256:anna", 0));
      store.put(4000, Title.reserved("SHA256:anna", 0));
      store
          .put(Hostname.of("calm.example.org"), Title.quarantined("SHA256:anna", 1, left))
          .get(10, TimeUnit.SECONDS);
    }
    clock.set(Long.MAX_VALUE - 5);
    NameStore store = NameStore.open(dir, () -> 1_000L);
    TunnelRegistry again = TunnelRegistry.of(HOLD, QUARANTINE, new Quota(3), store, clock::get);
    assertThat(again.route(FOO, "/")).isEqualTo(new Route.Held());
    assertThat(again.isFree(4000)).isFalse();
    assertThat(codeOf(again.reserve(anna.http("fourth.example.org"))))
        .as("all three count")
        .isEqualTo(RefusalCode.TOO_MANY_TUNNELS);
    clock.addAndGet(HOLD.toNanos() - 1);
    assertThat(codeOf(again.reserve(bert.http("foo.example.org"))))
        .isEqualTo(RefusalCode.NAME_HELD);
    clock.addAndGet(left.toNanos() - HOLD.toNanos());
    again.sweep();
    assertThat(again.route(FOO, "/")).isEqualTo(new Route.Unknown());
    assertThat(codeOf(again.reserve(bert.http("calm.example.org"))))
        .isEqualTo(RefusalCode.NAME_HELD);
    clock.addAndGet(1);
    assertThat(again.reserve(bert.http("calm.example.org"))).isInstanceOf(Outcome.Granted.class);
    assertThat(codeOf(again.reserve(bert.tunnel(new Endpoint.Tcp(4000)))))
        .isEqualTo(RefusalCode.PORT_TAKEN);
    assertThat(again.reserve(anna.tunnel(new Endpoint.Tcp(4000))))
        .isInstanceOf(Outcome.Granted.class);
    store.close();
  }

  @Test
  void restored_isNotToldOf_whereItWasPrivate_norDecrypted_whereItWasPassedOn(@TempDir Path dir)
      throws Exception {
    Hostname bar = Hostname.of("bar.example.org");
    try (NameStore store = NameStore.open(dir, () -> 1_000L)) {
      TunnelRegistry before = TunnelRegistry.of(HOLD, QUARANTINE, new Quota(3), store, clock::get);
      before.reserve(anna.tunnel(new Endpoint.Alias(FOO, 22)));
      Tunnel decrypted = anna.http("bar.example.org");
      before.reserve(decrypted);
      before.move(decrypted, anna.tunnel(new Endpoint.Tls(bar)));
      Outcome last = before.reserve(anna.tunnel(new Endpoint.Tcp(4000)));
      ((Outcome.Granted) last).kept().get(10, TimeUnit.SECONDS);
    }
    try (NameStore store = NameStore.open(dir, () -> 1_000L)) {
      assertThat(store.titles()).containsEntry(4000, Title.taken("SHA256:anna", 0));
      TunnelRegistry again = TunnelRegistry.of(HOLD, QUARANTINE, new Quota(3), store, clock::get);
      assertThat(again.route(FOO, "/")).isEqualTo(new Route.Unknown());
      assertThat(again.isOwned(FOO)).isTrue();
      assertThat(again.encrypted(bar)).isEqualTo(new Route.Held());
      again.reserve(anna.http("bar.example.org"));
      assertThat(again.encrypted(bar)).as("the relay ends it again").isEqualTo(new Route.Unknown());
      again.reserve(anna.http("foo.example.org"));
      store.put(4001, Title.taken("SHA256:anna", 0)).get(10, TimeUnit.SECONDS);
    }
    try (NameStore store = NameStore.open(dir, () -> 1_000L)) {
      assertThat(store.titles())
          .containsEntry(FOO, Title.taken("SHA256:anna", 0))
          .containsEntry(bar, Title.taken("SHA256:anna", 0));
    }
  }

  private static RefusalCode codeOf(Outcome outcome) {
    return ((Outcome.Refused) outcome).why().code();
  }
}
