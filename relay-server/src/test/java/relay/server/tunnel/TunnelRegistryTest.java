package relay.server.tunnel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import relay.common.endpoint.Endpoint;
import relay.common.endpoint.Hostname;
import relay.common.endpoint.PathPrefix;
import relay.common.endpoint.RefusalCode;
import relay.server.AuditLines;
import relay.server.tunnel.TunnelRegistry.Outcome;

class TunnelRegistryTest {

  private static final Duration HOLD = Duration.ofMinutes(10);
  private static final Duration QUARANTINE = Duration.ofDays(30);
  private static final Hostname FOO = Hostname.of("foo.example.org");

  private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 5); // it overflows in each test
  private final FakeTitles titles = new FakeTitles();
  private final TunnelRegistry registry =
      new TunnelRegistry(HOLD, QUARANTINE, new Quota(3), titles, clock::get);
  private final FakeHolder anna = new FakeHolder("anna 1", "anna");
  private final FakeHolder annaAgain = new FakeHolder("anna 2", "anna");
  private final FakeHolder bert = new FakeHolder("bert", "bert");

  @Test
  void reserve_free_isLive() {
    Tunnel tunnel = granted(anna.http("foo.example.org"), null);
    assertThat(registry.route(FOO, "/")).isEqualTo(new Route.Live(tunnel));
    assertThat(registry.find(tunnel.endpoint())).isSameAs(tunnel);
    assertThat(registry.liveCount()).isEqualTo(1);
  }

  @Test
  void reserve_twiceInOneSession_isRefused() {
    Tunnel tunnel = granted(anna.http("foo.example.org"), null);
    assertThat(refused(anna.http("foo.example.org"))).isEqualTo(RefusalCode.NAME_TWICE);
    assertThat(registry.route(FOO, "/")).isEqualTo(new Route.Live(tunnel));
  }

  @Test
  void reserve_byTheSameIdentityElsewhere_takesOver() {
    Tunnel old = granted(anna.http("foo.example.org"), null);
    Tunnel tunnel = granted(annaAgain.http("foo.example.org"), old);
    assertThat(registry.route(FOO, "/")).isEqualTo(new Route.Live(tunnel));
    registry.release(old);
    assertThat(registry.route(FOO, "/"))
        .as("the old lease takes nothing from the new one")
        .isEqualTo(new Route.Live(tunnel));
    registry.forget(old);
    assertThat(registry.route(FOO, "/")).isEqualTo(new Route.Live(tunnel));
  }

  @Test
  void reserve_byAnother_isRefusedWhileItIsLiveOrHeld() {
    Tunnel tunnel = granted(anna.http("foo.example.org"), null);
    assertThat(refused(bert.http("foo.example.org"))).isEqualTo(RefusalCode.NAME_TAKEN);
    registry.release(tunnel);
    assertThat(registry.route(FOO, "/")).isEqualTo(new Route.Held());
    assertThat(refused(bert.http("foo.example.org"))).isEqualTo(RefusalCode.NAME_HELD);
    clock.addAndGet(HOLD.toNanos() - 1);
    assertThat(refused(bert.http("foo.example.org"))).isEqualTo(RefusalCode.NAME_HELD);
    clock.addAndGet(1);
    assertThat(registry.route(FOO, "/")).isEqualTo(new Route.Unknown());
    granted(bert.http("foo.example.org"), null);
    assertThat(refused(anna.http("foo.example.org"))).isEqualTo(RefusalCode.NAME_TAKEN);
  }

  @Test
  void reserve_held_isTheOwnersAtOnce() {
    registry.release(granted(anna.http("foo.example.org"), null));
    granted(annaAgain.http("foo.example.org"), null);
  }

  @Test
  void release_byWhoCannotComeBack_isFreeAtOnce() {
    FakeHolder nobody = FakeHolder.anonymous("nobody", "192.0.2.1");
    Tunnel name = granted(nobody.http("foo.example.org"), null);
    Tunnel path = granted(nobody.tunnel(new Endpoint.Http(FOO, PathPrefix.of("/api"))), null);
    Tunnel port = granted(nobody.tunnel(new Endpoint.Tcp(4000)), null);
    registry.release(name);
    assertThat(refused(anna.http("foo.example.org"))).isEqualTo(RefusalCode.NAME_TAKEN);
    registry.forget(path);
    registry.release(port);
    assertThat(registry.route(FOO, "/")).isEqualTo(new Route.Unknown());
    assertThat(registry.ownership().owned()).isEmpty();
    granted(anna.http("foo.example.org"), null);
    granted(anna.tunnel(new Endpoint.Tcp(4000)), null);
  }

  @Test
  void free_ofWhoCannotComeBack_leavesNothing() {
    FakeHolder nobody = FakeHolder.anonymous("nobody", "192.0.2.1");
    assertThat(registry.reserve(nobody.http("foo.example.org"), 1))
        .isInstanceOf(TunnelRegistry.Outcome.Granted.class);
    assertThat(registry.ownership().free(FOO, null)).isNotNull();
    assertThat(registry.ownership().owned()).isEmpty();
    granted(anna.http("foo.example.org"), null);
  }

  @Test
  void release_twice_holdsOnlyFromTheFirst() {
    Tunnel tunnel = granted(anna.http("foo.example.org"), null);
    registry.release(tunnel);
    clock.addAndGet(HOLD.toNanos() - 1);
    registry.release(tunnel);
    clock.addAndGet(1);
    assertThat(registry.route(FOO, "/")).isEqualTo(new Route.Unknown());
  }

  @Test
  void alias_andNameOfOneRoot_areOneIdentitys() {
    Tunnel name = granted(anna.http("foo.example.org"), null);
    Tunnel alias = granted(anna.tunnel(new Endpoint.Alias(FOO, 22)), null);
    assertThat(refused(bert.tunnel(new Endpoint.Alias(FOO, 23)))).isEqualTo(RefusalCode.NAME_TAKEN);
    registry.release(name);
    assertThat(registry.route(FOO, "/")).as("the alias lives").isEqualTo(new Route.Held());
    assertThat(registry.find(alias.endpoint())).isSameAs(alias);
    clock.addAndGet(HOLD.toNanos());
    registry.sweep();
    assertThat(refused(bert.http("foo.example.org"))).isEqualTo(RefusalCode.NAME_TAKEN);
  }

  @Test
  void alias_alone_isNotToldToExist() {
    Tunnel alias = granted(anna.tunnel(new Endpoint.Alias(FOO, 22)), null);
    assertThat(registry.route(FOO, "/")).isEqualTo(new Route.Unknown());
    registry.release(alias);
    assertThat(registry.route(FOO, "/")).as("held").isEqualTo(new Route.Unknown());

    registry.release(granted(anna.http("foo.example.org"), null));
    assertThat(registry.route(FOO, "/")).as("public once").isEqualTo(new Route.Held());
    granted(anna.tunnel(new Endpoint.Alias(FOO, 22)), null);
    assertThat(registry.route(FOO, "/")).as("beside the alias").isEqualTo(new Route.Held());
  }

  @Test
  void hold_thatIsOver_isAuditedOnce() {
    try (AuditLines audit = new AuditLines()) {
      registry.release(granted(anna.http("foo.example.org"), null));
      registry.release(granted(anna.http("own.example.org"), null, 1));
      registry.sweep();
      assertThat(audit.of("expiry")).isEmpty();
      clock.addAndGet(HOLD.toNanos());
      granted(bert.http("foo.example.org"), null);
      registry.sweep();
      registry.sweep();
      assertThat(audit.of("expiry"))
          .containsExactlyInAnyOrder(
              "expiry identity=anna fingerprint=SHA256:anna what=foo.example.org"
                  + " code=RELAY-HOLD-OVER reason=its owner did not come back for it in time",
              "expiry identity=anna fingerprint=SHA256:anna what=own.example.org"
                  + " code=RELAY-HOLD-OVER reason=its owner did not come back for it in time");
      clock.addAndGet(QUARANTINE.toNanos());
      registry.sweep();
      assertThat(audit.of("expiry")).as("a quarantine's end is no event").hasSize(2);
    }
  }

  @Test
  void move_isOneStep_andTheOldTunnelTakesNothingBack() {
    Tunnel name = granted(anna.http("foo.example.org"), null);
    Tunnel alias = anna.tunnel(new Endpoint.Alias(FOO, 80));
    assertMoved(name, alias, null);
    assertThat(registry.find(name.endpoint())).isNull();
    assertThat(registry.find(alias.endpoint())).isSameAs(alias);
    registry.release(name);
    registry.forget(name);
    assertThat(registry.find(alias.endpoint())).isSameAs(alias);
    assertThat(registry.liveCount()).isEqualTo(1);
    registry.forget(alias);
    assertThat(refused(bert.http("foo.example.org")))
        .as("it is held")
        .isEqualTo(RefusalCode.NAME_HELD);
  }

  @Test
  void move_toAnEndpointOfOnesOwn_orOfWhatIsGone_isRefused_andChangesNothing() {
    Tunnel name = granted(anna.http("foo.example.org"), null);
    Tunnel alias = granted(anna.tunnel(new Endpoint.Alias(FOO, 80)), null);
    assertThat(registry.move(name, anna.tunnel(alias.endpoint())))
        .isInstanceOfSatisfying(
            Outcome.Refused.class,
            refused -> assertThat(refused.why().code()).isEqualTo(RefusalCode.NAME_TWICE));
    assertThat(registry.find(name.endpoint())).isSameAs(name);
    Tunnel newer = granted(annaAgain.http("foo.example.org"), name);
    assertThat(registry.move(name, anna.tunnel(new Endpoint.Alias(FOO, 443))))
        .isInstanceOfSatisfying(
            Outcome.Refused.class,
            refused -> assertThat(refused.why().code()).isEqualTo(RefusalCode.TAKEN_OVER));
    assertThat(registry.find(name.endpoint())).isSameAs(newer);
    assertThat(registry.liveCount()).isEqualTo(2);
  }

  @Test
  void move_takesTheEndpointOver_fromAnotherSessionOfTheIdentity() {
    Tunnel alias = granted(annaAgain.tunnel(new Endpoint.Alias(FOO, 80)), null);
    Tunnel name = granted(anna.http("foo.example.org"), null);
    assertMoved(name, anna.tunnel(alias.endpoint()), alias);
    assertThat(registry.liveCount()).isEqualTo(1);
  }

  @Test
  void move_toAnotherName_isNone() {
    Tunnel name = granted(anna.http("foo.example.org"), null);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> registry.move(name, anna.http("bar.example.org")));
  }

  private void assertMoved(Tunnel from, Tunnel to, @Nullable Tunnel displaced) {
    Outcome.Granted granted = (Outcome.Granted) registry.move(from, to);
    assertThat(granted.tunnel()).isSameAs(to);
    assertThat(granted.displaced()).isEqualTo(displaced == null ? List.of() : List.of(displaced));
  }

  @Test
  void encrypted_isWhatItsOwnerDecrypts_alsoWhileHeIsAway() {
    Tunnel name = granted(anna.http("foo.example.org"), null);
    assertThat(registry.encrypted(FOO)).isEqualTo(new Route.Unknown());
    Tunnel tls = anna.tunnel(new Endpoint.Tls(FOO));
    assertMoved(name, tls, null);
    assertThat(registry.encrypted(FOO)).isEqualTo(new Route.Live(tls));
    assertThat(registry.route(FOO, "/")).isEqualTo(new Route.Encrypted());
    registry.release(tls);
    assertThat(registry.encrypted(FOO)).isEqualTo(new Route.Held());
    Tunnel again = granted(anna.http("foo.example.org"), null);
    assertThat(registry.encrypted(FOO)).as("he ends no TLS now").isEqualTo(new Route.Unknown());
    registry.release(again);
    clock.addAndGet(HOLD.toNanos());
    assertThat(registry.encrypted(FOO)).isEqualTo(new Route.Unknown());
  }

  @Test
  void pool_isJoinedByTurns_andOtherwiseTakenOver() {
    Tunnel first = granted(anna.http("foo.example.org"), null);
    registry.ownership().pool(FOO, bert.identity(), true);
    assertThat(registry.ownership().isPool(FOO)).as("another's word").isFalse();
    registry.ownership().pool(FOO, anna.identity(), true);
    Tunnel second = granted(annaAgain.http("foo.example.org"), null);
    assertThat(refused(anna.http("foo.example.org"))).isEqualTo(RefusalCode.NAME_TWICE);
    assertThat(refused(bert.http("foo.example.org"))).isEqualTo(RefusalCode.NAME_TAKEN);
    assertThat(List.of(routed(), routed(), routed())).containsExactly(first, second, first);
    annaAgain.alive = false;
    assertThat(List.of(routed(), routed())).as("one is silent").containsExactly(first, first);
    anna.alive = false;
    assertThat(List.of(routed(), routed())).as("there is no better").contains(first, second);
    registry.release(first);
    assertThat(routed()).isEqualTo(second);
    registry.ownership().pool(FOO, anna.identity(), false);
    Tunnel third = granted(anna.http("foo.example.org"), second);
    assertThat(routed()).isEqualTo(third);
    assertThat(titles.kept).containsExactly(Map.entry(FOO, Title.taken("SHA256:anna", 0)));
  }

  private Tunnel routed() {
    return ((Route.Live) registry.route(FOO, "/")).tunnel();
  }

  @Test
  void pool_outlivesItsTunnels_andARestart() throws Exception {
    Tunnel tunnel = granted(anna.http("foo.example.org"), null);
    registry.ownership().pool(FOO, anna.identity(), true);
    assertThat(titles.kept.get(FOO))
        .isEqualTo(new Title("SHA256:anna", false, true, false, false, 0, null));
    registry.release(tunnel);
    assertThat(registry.ownership().isPool(FOO)).isTrue();
    registry.ownership().free(FOO, anna.identity());
    assertThat(registry.ownership().isPool(FOO)).isFalse();
  }

  @Test
  void forget_oneOfTwo_leavesTheOther() {
    Tunnel name = granted(anna.http("foo.example.org"), null);
    Tunnel alias = granted(anna.tunnel(new Endpoint.Alias(FOO, 22)), null);
    registry.forget(alias);
    assertThat(registry.find(alias.endpoint())).isNull();
    assertThat(registry.route(FOO, "/")).isEqualTo(new Route.Live(name));
  }

  @Test
  void port_onAnotherAddress_isTheSamePort() {
    Tunnel tunnel = granted(anna.tunnel(new Endpoint.Tcp(4000)), null);
    assertThat(refused(bert.tunnel(new Endpoint.Tcp(4000)))).isEqualTo(RefusalCode.PORT_TAKEN);
    assertThat(refused(anna.tunnel(new Endpoint.Tcp(4000)))).isEqualTo(RefusalCode.PORT_TWICE);
    assertThat(registry.isFree(4000)).isFalse();
    registry.release(tunnel);
    assertThat(refused(bert.tunnel(new Endpoint.Tcp(4000)))).isEqualTo(RefusalCode.PORT_HELD);
    assertThat(registry.isFree(4000)).as("held").isFalse();
    clock.addAndGet(HOLD.toNanos());
    assertThat(registry.isFree(4000)).isTrue();
  }

  @Test
  void forget_givesThePortToAnybody() {
    registry.forget(granted(anna.tunnel(new Endpoint.Tcp(4000)), null));
    granted(bert.tunnel(new Endpoint.Tcp(4000)), null);
  }

  @Test
  void forget_ofAPortThatWasHeld_leavesTheHold() {
    registry.release(granted(anna.tunnel(new Endpoint.Tcp(4000)), null));
    registry.forget(granted(annaAgain.tunnel(new Endpoint.Tcp(4000)), null));
    assertThat(refused(bert.tunnel(new Endpoint.Tcp(4000)))).isEqualTo(RefusalCode.PORT_HELD);
    assertThat(titles.kept).containsKey(4000);
    clock.addAndGet(HOLD.toNanos());
    granted(bert.tunnel(new Endpoint.Tcp(4000)), null);
  }

  @Test
  void quota_countsHeldOnesUntilTheyAreSwept() {
    for (int i = 0; i < 3; i++) {
      registry.release(granted(anna.http("a" + i + ".example.org"), null));
    }
    assertThat(refused(anna.http("b.example.org"))).isEqualTo(RefusalCode.TOO_MANY_TUNNELS);
    granted(anna.http("a0.example.org"), null);
    granted(bert.http("b.example.org"), null);
    clock.addAndGet(HOLD.toNanos());
    registry.sweep();
    granted(anna.http("b1.example.org"), null);
    granted(anna.http("b2.example.org"), null);
    assertThat(refused(anna.http("b3.example.org")))
        .as("a0, b1 and b2 are live")
        .isEqualTo(RefusalCode.TOO_MANY_TUNNELS);
  }

  @Test
  void quota_ofAnEntryThatPassesOn_isItsOldOwners() {
    for (int i = 0; i < 3; i++) {
      registry.release(granted(anna.http("a" + i + ".example.org"), null));
    }
    clock.addAndGet(HOLD.toNanos());
    granted(bert.http("a0.example.org"), null); // without a sweep
    granted(anna.http("b.example.org"), null);
    assertThat(refused(anna.http("c.example.org"))).isEqualTo(RefusalCode.TOO_MANY_TUNNELS);
  }

  @Test
  void title_isWritten_untilTheHoldIsOver() {
    Tunnel tunnel = granted(anna.http("foo.example.org"), null);
    assertThat(titles.kept).containsExactly(Map.entry(FOO, Title.taken("SHA256:anna", 0)));
    registry.release(tunnel);
    clock.addAndGet(HOLD.toNanos() - 1);
    registry.sweep();
    assertThat(titles.kept).hasSize(1);
    clock.addAndGet(1);
    registry.sweep();
    assertThat(titles.kept).isEmpty();
  }

  @Test
  void title_thatIsNotWritten_isNobodys() {
    titles.failure = new IOException("disk full");
    Tunnel tunnel = anna.http("foo.example.org");
    Outcome.Granted granted = (Outcome.Granted) registry.reserve(tunnel);
    assertThat(granted.kept()).isCompletedExceptionally();
    registry.forget(tunnel);
    titles.failure = null;
    granted(bert.http("foo.example.org"), null);
  }

  @Test
  void ownName_isInQuarantine_afterItsHold() {
    registry.release(granted(anna.http("foo.example.org"), null, 1));
    clock.addAndGet(HOLD.toNanos());
    assertThat(registry.route(FOO, "/")).isEqualTo(new Route.Unknown());
    assertThat(refused(bert.http("foo.example.org"))).isEqualTo(RefusalCode.NAME_HELD);
    registry.sweep();
    assertThat(titles.kept)
        .containsExactly(Map.entry(FOO, Title.quarantined("SHA256:anna", 1, QUARANTINE)));
    clock.addAndGet(QUARANTINE.toNanos() - 1);
    registry.sweep();
    assertThat(refused(bert.http("foo.example.org"))).isEqualTo(RefusalCode.NAME_HELD);
    Tunnel again = granted(annaAgain.http("foo.example.org"), null, 1);
    assertThat(titles.kept).containsExactly(Map.entry(FOO, Title.taken("SHA256:anna", 1)));
    registry.release(again);
    assertThat(registry.route(FOO, "/")).as("a hold of its own").isEqualTo(new Route.Held());
    clock.addAndGet(HOLD.toNanos() + QUARANTINE.toNanos());
    granted(bert.http("foo.example.org"), null); // without a sweep
    assertThat(titles.kept).containsExactly(Map.entry(FOO, Title.taken("SHA256:bert", 0)));
  }

  @Test
  void ownName_thatWasKnownAsNoOwnOneFirst_isInQuarantineAllTheSame() {
    Tunnel before = granted(anna.http("foo.example.org"), null);
    Tunnel below = anna.tunnel(new Endpoint.Alias(FOO, 22));
    granted(below, null, 1);
    assertThat(titles.kept).containsExactly(Map.entry(FOO, Title.taken("SHA256:anna", 1)));
    registry.release(before);
    registry.release(below);
    clock.addAndGet(HOLD.toNanos());
    assertThat(refused(bert.http("foo.example.org"))).isEqualTo(RefusalCode.NAME_HELD);
  }

  @Test
  void ownName_whoseQuarantineIsOver_isGone() {
    registry.release(granted(anna.http("foo.example.org"), null, 1));
    clock.addAndGet(HOLD.toNanos());
    registry.sweep();
    clock.addAndGet(QUARANTINE.toNanos());
    registry.sweep();
    assertThat(titles.kept).isEmpty();
    for (int i = 0; i < 3; i++) {
      granted(anna.http("a" + i + ".example.org"), null); // its place in the quota is free
    }
  }

  @Test
  void generation_grows() {
    assertThat(anna.http("foo.example.org").generation())
        .isLessThan(anna.http("foo.example.org").generation());
  }

  private Tunnel granted(Tunnel tunnel, @Nullable Tunnel displaced) {
    return granted(tunnel, displaced, 0);
  }

  private Tunnel granted(Tunnel tunnel, @Nullable Tunnel displaced, int number) {
    Outcome outcome = registry.reserve(tunnel, number);
    assertThat(outcome).isInstanceOf(Outcome.Granted.class);
    Outcome.Granted granted = (Outcome.Granted) outcome;
    assertThat(granted.tunnel()).isSameAs(tunnel);
    assertThat(granted.displaced()).isEqualTo(displaced == null ? List.of() : List.of(displaced));
    assertThat(granted.kept()).isCompleted();
    return tunnel;
  }

  private RefusalCode refused(Tunnel tunnel) {
    assertThat(registry.reserve(tunnel)).isInstanceOf(Outcome.Refused.class);
    return ((Outcome.Refused) registry.reserve(tunnel)).why().code();
  }
}
