package relay.server.tunnel;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jetbrains.lincheck.datastructures.ManagedStrategyGuaranteeKt;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;
import relay.common.endpoint.Endpoint;
import relay.common.endpoint.Hostname;
import relay.server.tunnel.TunnelRegistry.Outcome;

/**
 * Every interleaving of three sessions that want one name, two of them of one identity, which move
 * it to another of its endpoints too. What each is told must fit one order of the steps: a lease
 * that is lost or given twice fits none.
 *
 * <p>The hold is over at once and the quota is one, so that a name passes on between identities
 * within one scenario, and its place in the quota with it.
 */
public class TunnelRegistryLincheckTest {

  /** Made once: the loops in its making would be taken for waiting ones, and interleaved. */
  private static final Endpoint.Http NAME = new Endpoint.Http(Hostname.of("foo.example.org"));

  private static final Endpoint.Alias ALIAS = new Endpoint.Alias(NAME.host(), 80);

  private final TunnelRegistry registry =
      new TunnelRegistry(Duration.ZERO, Duration.ZERO, new Quota(1), new FakeTitles(), () -> 0L);
  private final Session anna = new Session("anna 1", "anna");
  private final Session annaAgain = new Session("anna 2", "anna");
  private final Set<Tunnel> displaced = ConcurrentHashMap.newKeySet();
  private final Session bert = new Session("bert", "bert");

  /** One session; its own steps come one after the other, as on its event loop. */
  private static final class Session {
    private final FakeHolder holder;
    private final Deque<Tunnel> tunnels = new ArrayDeque<>();

    Session(String name, String identity) {
      holder = new FakeHolder(name, identity);
    }
  }

  @Operation(nonParallelGroup = "anna 1")
  public String reserveByAnna() {
    return reserve(anna);
  }

  @Operation(nonParallelGroup = "anna 1")
  public void releaseByAnna() {
    release(anna);
  }

  @Operation(nonParallelGroup = "anna 1")
  public String moveByAnna() {
    return move(anna);
  }

  @Operation(nonParallelGroup = "anna 2")
  public String moveByAnnaAgain() {
    return move(annaAgain);
  }

  @Operation(nonParallelGroup = "anna 2")
  public String reserveByAnnaAgain() {
    return reserve(annaAgain);
  }

  @Operation(nonParallelGroup = "anna 2")
  public void releaseByAnnaAgain() {
    release(annaAgain);
  }

  @Operation(nonParallelGroup = "bert")
  public String reserveByBert() {
    return reserve(bert);
  }

  @Operation
  public String route() {
    Route route = registry.route(NAME.host(), "/");
    return route instanceof Route.Live live ? live.tunnel().holder().toString() : "" + route;
  }

  private String reserve(Session session) {
    Tunnel tunnel = session.holder.tunnel(NAME);
    return told(session, tunnel, registry.reserve(tunnel));
  }

  /** From the name to its alias, or back. */
  private String move(Session session) {
    Tunnel from = session.tunnels.peekLast();
    if (from == null) {
      return "nothing";
    }
    Tunnel to = session.holder.tunnel(from.endpoint().equals(NAME) ? ALIAS : NAME);
    Outcome outcome = registry.move(from, to);
    if (outcome instanceof Outcome.Granted) {
      session.tunnels.removeLast();
    }
    return told(session, to, outcome);
  }

  private String told(Session session, Tunnel tunnel, Outcome outcome) {
    if (outcome instanceof Outcome.Granted granted) {
      session.tunnels.addLast(tunnel);
      List<Tunnel> old = granted.displaced();
      displaced.addAll(old);
      return old.isEmpty() ? "granted" : "taken from " + old.get(0).holder();
    }
    return ((Outcome.Refused) outcome).why().code().id();
  }

  private void release(Session session) {
    Tunnel last = session.tunnels.pollLast();
    if (last != null) {
      registry.release(last);
    }
  }

  /** Who was granted the name and neither gave it up nor was displaced has it, and is the only. */
  @Validate
  public void leases() {
    List<Tunnel> leased =
        Stream.of(anna, annaAgain, bert)
            .flatMap(session -> session.tunnels.stream())
            .filter(tunnel -> !displaced.contains(tunnel))
            .toList();
    List<Tunnel> live =
        Stream.of(NAME, ALIAS).flatMap(at -> Stream.ofNullable(registry.find(at))).toList();
    if (leased.size() != live.size() || !Set.copyOf(leased).equals(Set.copyOf(live))) {
      throw new AssertionError("leased to " + leased + ", live is " + live);
    }
  }

  @Test
  void registry_isLinearizable() {
    new ModelCheckingOptions()
        .threads(2)
        .actorsPerThread(3)
        .actorsBefore(2)
        .actorsAfter(1)
        .iterations(25)
        .invocationsPerIteration(100)
        // the map's own steps are the JDK's business: what is looked for lies between them
        .addGuarantee(
            ManagedStrategyGuaranteeKt.forClasses("java.util.concurrent.ConcurrentHashMap")
                .allMethods()
                .treatAsAtomic())
        .check(TunnelRegistryLincheckTest.class);
  }
}
