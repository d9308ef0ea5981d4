package relay.server.tunnel;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jetbrains.lincheck.datastructures.ManagedStrategyGuaranteeKt;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import relay.common.endpoint.Endpoint;
import relay.common.endpoint.Hostname;
import relay.server.tunnel.TunnelRegistry.Outcome;

/**
 * Every interleaving of three sessions that want one name, two of them of one identity. What each
 * is told must fit one order of the steps: a lease that is lost or given twice fits none.
 *
 * <p>The hold is over at once and the quota is one, so that a name passes on between identities
 * within one scenario, and its place in the quota with it.
 */
public class TunnelRegistryLincheckTest {

  /** Made once: the loops in its making would be taken for waiting ones, and interleaved. */
  private static final Endpoint.Http NAME = new Endpoint.Http(Hostname.of("foo.example.org"));

  private final TunnelRegistry registry =
      new TunnelRegistry(Duration.ZERO, Duration.ZERO, new Quota(1), new FakeTitles(), () -> 0L);
  private final Session anna = new Session("anna 1", "anna");
  private final Session annaAgain = new Session("anna 2", "anna");
  private final Set<Tunnel> displaced = ConcurrentHashMap.newKeySet();
  private final Session bert = new Session("bert", "bert");

  /** One session; its own steps come one after the other, as on its event loop. */
  private static final class Session {
    private final FakeHolder holder;
    private @Nullable Tunnel tunnel;

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
    Outcome outcome = registry.reserve(tunnel);
    if (outcome instanceof Outcome.Granted granted) {
      session.tunnel = tunnel;
      Tunnel old = granted.displaced();
      if (old == null) {
        return "granted";
      }
      displaced.add(old);
      return "taken from " + old.holder();
    }
    return ((Outcome.Refused) outcome).why().code().id();
  }

  private void release(Session session) {
    if (session.tunnel != null) {
      registry.release(session.tunnel);
      session.tunnel = null;
    }
  }

  /** Who was granted the name and neither gave it up nor was displaced has it, and is the only. */
  @Validate
  public void leases() {
    List<Tunnel> leased =
        Stream.of(anna, annaAgain, bert)
            .map(session -> session.tunnel)
            .filter(tunnel -> tunnel != null && !displaced.contains(tunnel))
            .toList();
    Tunnel live = registry.find(NAME);
    if (!leased.equals(live == null ? List.of() : List.of(live))) {
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
