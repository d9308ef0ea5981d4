package relay.server.tunnel;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Endpoint;
import relay.common.endpoint.Hostname;
import relay.common.endpoint.Refusal;
import relay.server.auth.Identity;
import relay.server.config.Limits;

/**
 * Who has which name and port. Look-ups take no lock; a reservation, a takeover and a release are
 * one atomic step each on the entry of the name or port (its {@link Endpoint#root}). Any thread.
 *
 * <p>An entry belongs to one identity. When its last tunnel goes it is held for that identity; only
 * when the hold is over another may have it. An identity's own name is in quarantine after that,
 * and a reserved name or port is its owner's for ever. What somebody has who cannot come back
 * ({@link Identity#mayReturn}) is free at once. All this is written down in {@link Titles}: a claim
 * counts once its {@link Outcome.Granted#kept} is done.
 */
public final class TunnelRegistry {

  /** What {@link #reserve} answers. */
  public sealed interface Outcome {
    /**
     * @param displaced the same identity's tunnels in other sessions that have lost the endpoint
     * @param kept done when it is written down whose the endpoint is; where that fails the tunnel
     *     is to be forgotten
     */
    record Granted(Tunnel tunnel, List<Tunnel> displaced, CompletableFuture<Void> kept)
        implements Outcome {}

    record Refused(Refusal why) implements Outcome {}
  }

  private final Entries entries;
  private final Ownership ownership;
  private final Quota quota;
  private final Titles titles;

  /**
   * @param hold how long a dropped name or port is kept for its owner
   * @param quarantine how long nobody else may have an identity's own name after that
   * @param nanoTime a monotonic clock, as {@link System#nanoTime}
   */
  TunnelRegistry(
      Duration hold, Duration quarantine, Quota quota, Titles titles, LongSupplier nanoTime) {
    this.quota = quota;
    this.titles = titles;
    this.entries = new Entries(hold, quarantine, quota, titles, nanoTime);
    this.ownership = new Ownership(entries, quota, titles);
  }

  /** With what a store knows from before; every hold begins anew. */
  public static TunnelRegistry of(Limits limits, NameStore store, LongSupplier nanoTime) {
    return of(
        limits.nameHold(),
        limits.nameQuarantine(),
        new Quota(limits.namesPerIdentity()),
        store,
        nanoTime);
  }

  /** As the other, of what is used of the limits. */
  public static TunnelRegistry of(
      Duration hold, Duration quarantine, Quota quota, NameStore store, LongSupplier nanoTime) {
    TunnelRegistry registry = new TunnelRegistry(hold, quarantine, quota, store, nanoTime);
    store.titles().forEach(registry.entries::restore);
    return registry;
  }

  /** Whose the names and ports are. */
  Ownership ownership() {
    return ownership;
  }

  /** Claims the tunnel's endpoint for its owner. */
  Outcome reserve(Tunnel tunnel) {
    return reserve(tunnel, 0);
  }

  /**
   * Claims the tunnel's endpoint for its owner.
   *
   * @param number which of the owner's own names it is; 0 for another
   */
  Outcome reserve(Tunnel tunnel, int number) {
    Endpoint endpoint = tunnel.endpoint();
    Identity owner = tunnel.owner();
    Outcome[] outcome = new Outcome[1];
    Object root = endpoint.root();
    entries.compute(
        root,
        entry -> {
          if (entry == null) {
            if (!quota.acquire(owner)) {
              outcome[0] = new Outcome.Refused(quota.refusal());
              return null;
            }
            Title title = Entry.fresh(owner, number, Entry.KEPT).with(tunnel, List.of()).title();
            CompletableFuture<Void> kept = owner.mayReturn() ? titles.put(root, title) : Entry.KEPT;
            outcome[0] = new Outcome.Granted(tunnel, List.of(), kept);
            return Entry.fresh(owner, number, kept).with(tunnel, List.of());
          }
          if (!entry.isOf(owner)) {
            outcome[0] =
                new Outcome.Refused(Conflict.taken(endpoint, entry, entries.isQuarantined(entry)));
            return entry;
          }
          if (entry.has(tunnel.holder(), endpoint)) {
            outcome[0] = new Outcome.Refused(Conflict.twice(endpoint));
            return entry;
          }
          List<Tunnel> old = entry.displacedBy(tunnel);
          outcome[0] = new Outcome.Granted(tunnel, old, entry.kept());
          int ofOwner = Math.max(entry.number(), number);
          return written(root, entry, entry.numbered(ofOwner).with(tunnel, old));
        });
    return outcome[0];
  }

  /**
   * Puts another tunnel of the same holder in the place of one that is live, on whatever endpoint
   * of the same name or port: at no time it is nobody's, nor on two endpoints.
   */
  Outcome move(Tunnel from, Tunnel to) {
    Endpoint endpoint = to.endpoint();
    if (!endpoint.root().equals(from.endpoint().root())) {
      throw new IllegalArgumentException(endpoint + " is not of the name of " + from.endpoint());
    }
    Outcome[] outcome = {new Outcome.Refused(Conflict.gone(from))};
    entries.computeIfPresent(
        endpoint.root(),
        entry -> {
          if (!entry.has(from)) {
            return entry;
          }
          boolean stays = from.endpoint().equals(endpoint);
          if (!stays && entry.has(to.holder(), endpoint)) {
            outcome[0] = new Outcome.Refused(Conflict.twice(endpoint));
            return entry;
          }
          List<Tunnel> old = stays ? List.of() : entry.displacedBy(to);
          outcome[0] = new Outcome.Granted(to, old, entry.kept());
          return written(endpoint.root(), entry, entry.moved(from, to, old));
        });
    return outcome[0];
  }

  /** Writes a change down where there is one; where that is lost, it is as it was at the start. */
  private Entry written(Object root, Entry before, Entry after) {
    boolean changed = before.quarantined() || !before.title().equals(after.title());
    if (changed && after.owner().mayReturn()) {
      Entries.unheard(titles.put(root, after.title()));
    }
    return after;
  }

  /** Gives the tunnel's endpoint up, if it is still this tunnel's. */
  public void release(Tunnel tunnel) {
    Endpoint endpoint = tunnel.endpoint();
    entries.computeIfPresent(
        endpoint.root(),
        entry -> {
          if (!entry.has(tunnel)) {
            return entry;
          }
          return entry.live().size() > 1 || entry.owner().mayReturn()
              ? entry.released(tunnel, entries.heldUntil())
              : entries.gone(endpoint.root(), entry);
        });
  }

  /**
   * Forgets a tunnel that came to nothing, such as that of a port that could not be bound. What its
   * owner had before goes on being held for him.
   */
  void forget(Tunnel tunnel) {
    Endpoint endpoint = tunnel.endpoint();
    entries.computeIfPresent(
        endpoint.root(),
        entry -> {
          if (!entry.has(tunnel)) {
            return entry;
          }
          return entry.live().size() > 1
                  || entry.reserved()
                  || (entry.had() && entry.owner().mayReturn())
              ? entry.without(tunnel, entries.heldUntil())
              : entries.gone(endpoint.root(), entry);
        });
  }

  /**
   * Where an HTTP request for the name goes: to the tunnel of the longest path that covers it.
   *
   * @param target the request's, in origin form
   */
  public Route route(Hostname host, String target) {
    Entry entry = entries.get(host);
    return entry == null
        ? new Route.Unknown()
        : entry.route(target, entries.isOver(entry) || entries.isQuarantined(entry));
  }

  /**
   * Where a TLS connection to the name goes whose TLS is not ended here: {@link Route.Unknown}
   * where it is ended here.
   */
  public Route encrypted(Hostname host) {
    Entry entry = entries.get(host);
    return entry == null ? new Route.Unknown() : entry.encryptedRoute(host, entries.isOver(entry));
  }

  /** Whether the name is somebody's: live, held, reserved, or in quarantine. */
  public boolean isOwned(Hostname name) {
    return entries.owned(name) != null;
  }

  /** Whether the name is this identity's. */
  public boolean isOwnedBy(Hostname name, Identity identity) {
    Entry entry = entries.owned(name);
    return entry != null && entry.isOf(identity);
  }

  /** Whether the name is somebody's for ever. */
  public boolean isReserved(Hostname name) {
    Entry entry = entries.get(name);
    return entry != null && entry.reserved();
  }

  /** Whether an HTTP tunnel is live on the name, or on a path below it. */
  public boolean servesHttp(Hostname name) {
    Entry entry = entries.get(name);
    return entry != null && entry.servesHttp();
  }

  /** The live tunnel on an endpoint, or null; of a pool, whose turn it is. */
  public @Nullable Tunnel find(Endpoint endpoint) {
    Entry entry = entries.get(endpoint.root());
    return entry == null ? null : entry.next(endpoint);
  }

  /** The live tunnels on an endpoint, oldest first; several only in a pool. */
  List<Tunnel> all(Endpoint endpoint) {
    Entry entry = entries.get(endpoint.root());
    return entry == null ? List.of() : entry.on(endpoint);
  }

  /** Whether the tunnel is still its holder's. */
  public boolean isLive(Tunnel tunnel) {
    Entry entry = entries.get(tunnel.endpoint().root());
    return entry != null && entry.has(tunnel);
  }

  /** Whether nobody has the port, nor is it held for anybody. */
  boolean isFree(int port) {
    return entries.owned(port) == null;
  }

  /** The identity's live tunnels, in no order. */
  List<Tunnel> tunnels(Identity owner) {
    List<Tunnel> tunnels = new ArrayList<>();
    for (Entry entry : entries.all()) {
      if (entry.isOf(owner)) {
        tunnels.addAll(entry.live());
      }
    }
    return tunnels;
  }

  /** How many tunnels are live. */
  public int liveCount() {
    int live = 0;
    for (Entry entry : entries.all()) {
      live += entry.live().size();
    }
    return live;
  }

  /** Forgets the names and ports whose hold is over; to be called now and then. */
  public void sweep() {
    entries.sweep();
  }
}
