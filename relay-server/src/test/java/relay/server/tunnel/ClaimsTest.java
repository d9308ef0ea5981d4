package relay.server.tunnel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import relay.common.endpoint.Endpoint;
import relay.common.endpoint.Hostname;
import relay.common.endpoint.PortRanges;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.common.stream.Transport;
import relay.server.edge.tcp.TcpEdge;
import relay.server.tunnel.Claims.Claimant;

/** With the edge's own listeners. */
class ClaimsTest {

  private static final Duration PROBE = Duration.ofMillis(50);

  @TempDir Path dir;
  private final EventLoopGroup loops = Transport.best().group("claims", 2);
  private final TcpEdge edge = new TcpEdge(loops.next(), Transport.best());
  private CompletableFuture<Set<String>> owners = CompletableFuture.completedFuture(Set.of());
  private final FakeTitles titles = new FakeTitles();
  private final TunnelRegistry registry =
      new TunnelRegistry(
          Duration.ofMinutes(10), Duration.ofDays(30), new Quota(10), titles, System::nanoTime);
  private final FakeHolder anna = holder("anna 1", "anna");
  private final FakeHolder annaAgain = holder("anna 2", "anna");
  private final FakeHolder bert = holder("bert", "bert");
  private final List<Lease> leases = new ArrayList<>();
  private HostnameAllocator names;
  private Claims claims;
  private int free;

  @BeforeEach
  void open() throws Exception {
    names = new HostnameAllocator(Hostname.of("example.org"), NameStore.open(dir), name -> false);
    try (ServerSocket any = new ServerSocket(0)) {
      free = any.getLocalPort();
    }
    PortRanges one = PortRanges.of(String.valueOf(free));
    PortAllocator ports = new PortAllocator(one, PortRanges.of("1024-65535"), port -> port == 2222);
    claims =
        new Claims(
            registry,
            names,
            ports,
            edge,
            new OwnDomains(names.domain(), registry, domain -> owners),
            PROBE);
  }

  @AfterEach
  void close() throws Exception {
    leases.forEach(Lease::close);
    org.awaitility.Awaitility.await().until(() -> edge.portCount() == 0);
    assertThat(registry.liveCount()).isZero();
    loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).get(10, TimeUnit.SECONDS);
  }

  private FakeHolder holder(String name, String identity) {
    EventLoop loop = loops.next();
    return new FakeHolder(name, identity, loop);
  }

  @Test
  void ownName_isTheFirst_andForAnotherSessionTheSecond() throws Exception {
    assertThat(host(own(anna))).isEqualTo(names.own(anna.identity(), 1));
    assertThat(claims.ownNames(anna.identity(), name -> true))
        .containsExactly(names.own(anna.identity(), 1), names.own(anna.identity(), 2));
    assertThat(host(own(annaAgain))).isEqualTo(names.own(anna.identity(), 2));
    assertThat(anna.lost).isEmpty();
  }

  @Test
  void ownName_ofASessionThatDoesNotAnswer_isTakenOver() throws Exception {
    Lease old = own(anna);
    anna.alive = false;
    Lease lease = own(annaAgain);
    assertThat(host(lease)).isEqualTo(names.own(anna.identity(), 1));
    assertThat(anna.lost).containsExactly(old.tunnel());
    assertThat(anna.ended.poll(5, TimeUnit.SECONDS).code())
        .isEqualTo(RefusalCode.SESSION_SUPERSEDED);
    old.close();
    assertThat(registry.find(lease.tunnel().endpoint())).isSameAs(lease.tunnel());
  }

  @Test
  void ownName_ofAPool_isJoined_alsoByWhoComesBack() throws Exception {
    Hostname first = host(own(anna));
    claims.pool(first, anna.identity(), true);
    assertThat(claims.ownNames(anna.identity(), name -> true)).containsExactly(first);
    assertThat(host(own(annaAgain))).isEqualTo(first);
    FakeHolder third = holder("anna 3", "anna");
    assertThat(keep(claims.name(new Endpoint.Http(first), claimant(third, true))).tunnel())
        .isNotNull();
    assertThat(host(own(anna))).as("twice is another").isEqualTo(names.own(anna.identity(), 2));
    assertThat(anna.lost).isEmpty();
    assertThat(annaAgain.lost).isEmpty();
  }

  @Test
  void ownName_twiceInOneSession_isTheNext() throws Exception {
    own(anna);
    assertThat(host(own(anna))).isEqualTo(names.own(anna.identity(), 2));
  }

  @Test
  void name_takenOverFromALivingSession_leavesItItsOthers() throws Exception {
    Lease old = name("foo", anna);
    name("foo", annaAgain);
    assertThat(anna.lost).containsExactly(old.tunnel());
    assertThat(anna.ended.poll(200, TimeUnit.MILLISECONDS)).as("it answers").isNull();
    assertThat(
            refused(claims.name(new Endpoint.Http(Hostname.of("foo.example.org")), claimant(bert))))
        .isEqualTo(RefusalCode.NAME_TAKEN);
  }

  @Test
  void name_ofAReturningSession_isNotTakenFromALivingOne() throws Exception {
    Hostname foo = Hostname.of("foo.example.org");
    Lease lease = name("foo", anna);
    assertThat(refused(claims.name(new Endpoint.Http(foo), claimant(annaAgain, true))))
        .isEqualTo(RefusalCode.TAKEN_OVER);
    assertThat(registry.find(lease.tunnel().endpoint())).isSameAs(lease.tunnel());
    anna.alive = false;
    keep(claims.name(new Endpoint.Http(foo), claimant(annaAgain, true)));
    assertThat(anna.lost).containsExactly(lease.tunnel());
  }

  @Test
  void port_isBoundUntilItsLeaseIsClosed() throws Exception {
    Lease lease = port(free, anna);
    connect(free);
    lease.close();
    lease.close();
    org.awaitility.Awaitility.await().until(() -> edge.portCount() == 0);
    assertThatThrownBy(() -> connect(free)).isInstanceOf(java.net.ConnectException.class);
    assertThat(refused(claims.port(free, on(free), claimant(bert))))
        .isEqualTo(RefusalCode.PORT_HELD);
  }

  @Test
  void port_takenOver_staysBoundWhenTheOldLeaseIsClosed() throws Exception {
    Lease old = port(free, anna);
    port(free, annaAgain);
    old.close();
    loops.next().submit(() -> {}).get(5, TimeUnit.SECONDS);
    connect(free);
  }

  @Test
  void port_ofAnotherProgram_isRefusedAndForgotten() throws Exception {
    try (ServerSocket other = new ServerSocket()) {
      other.bind(on(free).get(0));
      assertThat(refused(claims.port(free, on(free), claimant(anna))))
          .isEqualTo(RefusalCode.PORT_IN_USE);
      assertThat(refused(claims.anyPort(ClaimsTest::on, claimant(anna))))
          .isEqualTo(RefusalCode.PORTS_EXHAUSTED);
    }
    port(free, bert);
  }

  @Test
  void anyPort_takesOneThatIsFree_untilNoneIs() throws Exception {
    Lease lease = keep(claims.anyPort(ClaimsTest::on, claimant(anna)));
    assertThat(lease.tunnel().endpoint()).isEqualTo(new Endpoint.Tcp(free));
    assertThat(refused(claims.anyPort(ClaimsTest::on, claimant(annaAgain))))
        .as("never one that is taken, not even one's own")
        .isEqualTo(RefusalCode.PORTS_EXHAUSTED);
  }

  @Test
  void whatCannotBeWrittenDown_isRefused_andWhatIsAlready_isNot() throws Exception {
    name("foo", anna);
    titles.failure = new IOException("disk full");
    Endpoint.Http bar = new Endpoint.Http(Hostname.of("bar.example.org"));
    assertThat(refused(claims.name(bar, claimant(anna)))).isEqualTo(RefusalCode.STORE_FAILED);
    assertThat(
            refused(claims.ownName(Endpoint.Http::new, name -> true, host -> claimant(anna), anna)))
        .isEqualTo(RefusalCode.STORE_FAILED);
    assertThat(refused(claims.port(free, on(free), claimant(anna))))
        .isEqualTo(RefusalCode.STORE_FAILED);
    assertThat(refused(claims.anyPort(ClaimsTest::on, claimant(anna))))
        .isEqualTo(RefusalCode.STORE_FAILED);
    assertThat(edge.portCount()).isZero();
    assertThat(registry.liveCount()).isEqualTo(1);
    name("foo", annaAgain);
    titles.failure = null;
    name("bar", bert);
    port(free, bert);
  }

  @Test
  void nameThatIsTakenOver_whileItIsWrittenDown_isGrantedToTheSecondAlone() throws Exception {
    titles.written = new CompletableFuture<>();
    Endpoint foo = new Endpoint.Http(Hostname.of("foo.example.org"));
    Future<Lease> first = claims.name(foo, claimant(anna));
    Future<Lease> second = claims.name(foo, claimant(annaAgain));
    assertThat(first.isDone() || second.isDone()).isFalse();
    titles.written.complete(null);
    assertThat(keep(second).tunnel()).isSameAs(registry.find(foo));
    assertThat(refused(first)).isEqualTo(RefusalCode.TAKEN_OVER);
  }

  @Test
  void whatIsReleased_whileItIsWrittenDown_isNotGranted() throws Exception {
    titles.written = new CompletableFuture<>();
    CompletableFuture<Void> written = titles.written;
    Future<Lease> name =
        claims.name(new Endpoint.Http(Hostname.of("foo.example.org")), claimant(anna));
    Future<Lease> asked = claims.port(free, on(free), claimant(anna));
    titles.written = CompletableFuture.completedFuture(null);
    claims.release("foo", anna.identity()).get(5, TimeUnit.SECONDS);
    claims.release(String.valueOf(free), anna.identity()).get(5, TimeUnit.SECONDS);
    written.complete(null);
    assertThat(refused(name)).isEqualTo(RefusalCode.TAKEN_OVER);
    assertThat(refused(asked)).isEqualTo(RefusalCode.TAKEN_OVER);
    assertThat(edge.portCount()).isZero();
    name("foo", bert);
    port(free, bert);
  }

  @Test
  void ownName_isKnownAsSuch_alsoWhereItIsAskedForByName() throws Exception {
    Hostname own = names.own(anna.identity(), 2);
    name(own.firstLabel(), anna);
    assertThat(titles.kept).containsEntry(own, Title.taken("SHA256:anna", 2));
  }

  private Future<Lease> shop(FakeHolder holder) {
    Hostname shop = Hostname.of("shop.example.com");
    return claims.domain(shop, new Endpoint.Http(shop), claimant(holder));
  }

  private void give(String... identities) {
    owners =
        CompletableFuture.completedFuture(
            Stream.of(identities).map(who -> "SHA256:" + who).collect(Collectors.toSet()));
  }

  @Test
  void domain_isWhoseDnsSays_andOnlyAnAnswerCounts() throws Exception {
    assertThat(refused(shop(anna))).isEqualTo(RefusalCode.DOMAIN_UNPROVEN);
    owners = CompletableFuture.failedFuture(new IOException("SERVFAIL"));
    assertThat(refused(shop(anna))).isEqualTo(RefusalCode.DOMAIN_LOOKUP);
    give("anna", "bert");
    Lease lease = keep(shop(anna));
    assertThat(refused(shop(bert))).as("both may, one has it").isEqualTo(RefusalCode.NAME_TAKEN);
    give("bert");
    keep(shop(bert));
    assertThat(anna.lost).containsExactly(lease.tunnel());
  }

  @Test
  void domain_isLost_atTheRecheckThatFindsNoRecord() throws Exception {
    give("anna");
    Lease lease = keep(shop(anna));
    Lease name = name("foo", anna);
    OwnDomains domains = new OwnDomains(names.domain(), registry, domain -> owners);
    domains.recheck().get(5, TimeUnit.SECONDS);
    owners = CompletableFuture.failedFuture(new IOException("SERVFAIL"));
    domains.recheck().get(5, TimeUnit.SECONDS);
    assertThat(anna.lost).isEmpty();
    give("bert");
    domains.recheck().get(5, TimeUnit.SECONDS);
    assertThat(anna.lost).containsExactly(lease.tunnel());
    assertThat(registry.find(name.tunnel().endpoint())).isNotNull();
    assertThat(registry.route(Hostname.of("shop.example.com"), "/")).isEqualTo(new Route.Unknown());
  }

  @Test
  void port_thatMayNotBeAsked_isRefused() {
    assertThat(refused(claims.port(2222, on(2222), claimant(anna))))
        .isEqualTo(RefusalCode.PORT_NOT_ALLOWED);
    assertThat(refused(claims.port(80, on(80), claimant(anna))))
        .isEqualTo(RefusalCode.PORT_NOT_ALLOWED);
  }

  private Lease own(FakeHolder holder) throws Exception {
    return keep(claims.ownName(Endpoint.Http::new, name -> true, host -> claimant(holder), holder));
  }

  private Lease name(String label, FakeHolder holder) throws Exception {
    return keep(
        claims.name(new Endpoint.Http(Hostname.of(label + ".example.org")), claimant(holder)));
  }

  private Lease port(int port, FakeHolder holder) throws Exception {
    return keep(claims.port(port, on(port), claimant(holder)));
  }

  private Lease keep(Future<Lease> claimed) throws Exception {
    Lease lease = claimed.get(10, TimeUnit.SECONDS);
    leases.add(lease);
    return lease;
  }

  private static Claimant claimant(FakeHolder holder) {
    return claimant(holder, false);
  }

  private static Claimant claimant(FakeHolder holder, boolean returning) {
    Refusal offline = new Refusal(RefusalCode.H503_OFFLINE, "nobody is there");
    return new Claimant(
        holder,
        (on, originator, destination) -> on.newFailedFuture(new UpstreamException(offline)),
        () -> TunnelOptions.NONE,
        (tunnel, visit) -> {},
        returning);
  }

  private static RefusalCode refused(Future<Lease> claimed) {
    ExecutionException failure =
        catchThrowableOfType(ExecutionException.class, () -> claimed.get(10, TimeUnit.SECONDS));
    if (failure.getCause() instanceof RefusedException refused) {
      return refused.refusal().code();
    }
    throw new AssertionError("not refused", failure);
  }

  private static Hostname host(Lease lease) {
    return ((Endpoint.Http) lease.tunnel().endpoint()).host();
  }

  private static List<InetSocketAddress> on(int port) {
    return List.of(new InetSocketAddress(NetUtil.LOCALHOST4, port));
  }

  private static void connect(int port) throws Exception {
    new Socket(NetUtil.LOCALHOST4, port).close();
  }
}
