package relay.server.tunnel;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Endpoint;
import relay.common.endpoint.Hostname;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.server.auth.Identity;

/**
 * Who has which name and port. Look-ups take no lock; a reservation, a takeover and a release are
 * one atomic step each on the entry of the name or port (its {@link Endpoint#root}). Any thread.
 *
 * <p>An entry belongs to one identity. When its last tunnel goes it is held for that identity; only
 * when the hold is over another may have it.
 */
public final class TunnelRegistry {

  /** What {@link #reserve} answers. */
  public sealed interface Outcome {
    /**
     * @param displaced the same identity's tunnel in another session, which has lost the endpoint
     */
    record Granted(Tunnel tunnel, @Nullable Tunnel displaced) implements Outcome {}

    record Refused(Refusal why) implements Outcome {}
  }

  /**
   * @param live the tunnels, none while the entry is only held
   * @param heldUntil in the clock's nanoseconds; means something only while {@code live} is empty
   */
  private record Entry(Identity owner, Map<Endpoint, Tunnel> live, long heldUntil) {}

  private final ConcurrentHashMap<Object, Entry> entries = new ConcurrentHashMap<>();
  private final long hold;
  private final LongSupplier nanoTime;
  private final Quota quota;

  /**
   * @param hold how long a dropped name or port is kept for its owner
   * @param nanoTime a monotonic clock, as {@link System#nanoTime}
   */
  public TunnelRegistry(Duration hold, Quota quota, LongSupplier nanoTime) {
    this.hold = hold.toNanos();
    this.quota = quota;
    this.nanoTime = nanoTime;
  }

  /** Claims the tunnel's endpoint for its owner. */
  public Outcome reserve(Tunnel tunnel) {
    Endpoint endpoint = tunnel.endpoint();
    Identity owner = tunnel.owner();
    Outcome[] outcome = new Outcome[1];
    entries.compute(
        endpoint.root(),
        (root, found) -> {
          Entry entry = found;
          if (entry != null && isOver(entry)) {
            quota.release(entry.owner());
            entry = null;
          }
          if (entry == null) {
            if (!quota.acquire(owner)) {
              outcome[0] = new Outcome.Refused(quota.refusal());
              return null;
            }
            outcome[0] = new Outcome.Granted(tunnel, null);
            return new Entry(owner, Map.of(endpoint, tunnel), 0);
          }
          if (!entry.owner().id().equals(owner.id())) {
            outcome[0] = new Outcome.Refused(taken(endpoint, entry.live().isEmpty()));
            return entry;
          }
          Tunnel old = entry.live().get(endpoint);
          if (old != null && old.holder().equals(tunnel.holder())) {
            outcome[0] = new Outcome.Refused(twice(endpoint));
            return entry;
          }
          outcome[0] = new Outcome.Granted(tunnel, old);
          return new Entry(entry.owner(), with(entry.live(), endpoint, tunnel), 0);
        });
    return outcome[0];
  }

  /** Gives the tunnel's endpoint up, if it is still this tunnel's. */
  public void release(Tunnel tunnel) {
    Endpoint endpoint = tunnel.endpoint();
    entries.computeIfPresent(
        endpoint.root(),
        (root, entry) -> {
          if (entry.live().get(endpoint) != tunnel) {
            return entry;
          }
          Map<Endpoint, Tunnel> rest = without(entry.live(), endpoint);
          return new Entry(entry.owner(), rest, nanoTime.getAsLong() + hold);
        });
  }

  /** Forgets a tunnel that came to nothing, such as that of a port that could not be bound. */
  void forget(Tunnel tunnel) {
    Endpoint endpoint = tunnel.endpoint();
    entries.computeIfPresent(
        endpoint.root(),
        (root, entry) -> {
          if (entry.live().get(endpoint) != tunnel) {
            return entry;
          }
          Map<Endpoint, Tunnel> rest = without(entry.live(), endpoint);
          if (!rest.isEmpty()) {
            return new Entry(entry.owner(), rest, 0);
          }
          quota.release(entry.owner());
          return null;
        });
  }

  /**
   * Where an HTTP request for the name goes: to the tunnel of the longest path that covers it.
   *
   * @param target the request's, in origin form
   */
  public Route route(Hostname host, String target) {
    Entry entry = entries.get(host);
    if (entry == null) {
      return new Route.Unknown();
    }
    Tunnel best = null;
    int length = -1;
    for (Tunnel tunnel : entry.live().values()) {
      if (tunnel.endpoint() instanceof Endpoint.Http http
          && http.path().value().length() > length
          && http.path().covers(target)) {
        best = tunnel;
        length = http.path().value().length();
      }
    }
    if (best != null) {
      return new Route.Live(best);
    }
    return isOver(entry) || isServed(entry) ? new Route.Unknown() : new Route.Held();
  }

  /**
   * Whether some path of the name is served, so that the rest of it is not offline, but not there.
   */
  private static boolean isServed(Entry entry) {
    for (Tunnel tunnel : entry.live().values()) {
      if (tunnel.endpoint() instanceof Endpoint.Http) {
        return true;
      }
    }
    return false;
  }

  /** The live tunnel on an endpoint, or null. */
  public @Nullable Tunnel find(Endpoint endpoint) {
    Entry entry = entries.get(endpoint.root());
    return entry == null ? null : entry.live().get(endpoint);
  }

  /** Whether nobody has the port, nor is it held for anybody. */
  boolean isFree(int port) {
    Entry entry = entries.get(port);
    return entry == null || isOver(entry);
  }

  /** The identity's live tunnels, in no order. */
  List<Tunnel> tunnels(Identity owner) {
    List<Tunnel> tunnels = new ArrayList<>();
    for (Entry entry : entries.values()) {
      if (entry.owner().id().equals(owner.id())) {
        tunnels.addAll(entry.live().values());
      }
    }
    return tunnels;
  }

  /** How many tunnels are live. */
  public int liveCount() {
    int live = 0;
    for (Entry entry : entries.values()) {
      live += entry.live().size();
    }
    return live;
  }

  /** Forgets the names and ports whose hold is over; to be called now and then. */
  public void sweep() {
    for (Object root : entries.keySet()) {
      entries.computeIfPresent(
          root,
          (key, entry) -> {
            if (!isOver(entry)) {
              return entry;
            }
            quota.release(entry.owner());
            return null;
          });
    }
  }

  private boolean isOver(Entry entry) {
    return entry.live().isEmpty() && nanoTime.getAsLong() - entry.heldUntil() >= 0;
  }

  private static Refusal taken(Endpoint endpoint, boolean held) {
    boolean port = endpoint instanceof Endpoint.Tcp;
    if (held) {
      return new Refusal(
          port ? RefusalCode.PORT_HELD : RefusalCode.NAME_HELD,
          endpoint + " is kept for its last owner; ask for another, or wait");
    }
    return new Refusal(
        port ? RefusalCode.PORT_TAKEN : RefusalCode.NAME_TAKEN,
        endpoint + " belongs to another key; ask for another");
  }

  private static Refusal twice(Endpoint endpoint) {
    return new Refusal(
        endpoint instanceof Endpoint.Tcp ? RefusalCode.PORT_TWICE : RefusalCode.NAME_TWICE,
        endpoint + " is forwarded in this session already");
  }

  private static Map<Endpoint, Tunnel> with(
      Map<Endpoint, Tunnel> live, Endpoint endpoint, Tunnel tunnel) {
    Map<Endpoint, Tunnel> copy = new HashMap<>(live);
    copy.put(endpoint, tunnel);
    return Map.copyOf(copy);
  }

  private static Map<Endpoint, Tunnel> without(Map<Endpoint, Tunnel> live, Endpoint endpoint) {
    Map<Endpoint, Tunnel> copy = new HashMap<>(live);
    copy.remove(endpoint);
    return Map.copyOf(copy);
  }
}
