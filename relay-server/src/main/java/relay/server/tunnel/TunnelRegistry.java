package relay.server.tunnel;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
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

  private static final CompletableFuture<Void> KEPT = CompletableFuture.completedFuture(null);

  private final ConcurrentHashMap<Object, Entry> entries = new ConcurrentHashMap<>();
  private final long hold;
  private final long quarantine;
  private final LongSupplier nanoTime;
  private final Quota quota;
  private final Titles titles;

  /**
   * @param hold how long a dropped name or port is kept for its owner
   * @param quarantine how long nobody else may have an identity's own name after that
   * @param nanoTime a monotonic clock, as {@link System#nanoTime}
   */
  TunnelRegistry(
      Duration hold, Duration quarantine, Quota quota, Titles titles, LongSupplier nanoTime) {
    this.hold = hold.toNanos();
    this.quarantine = quarantine.toNanos();
    this.quota = quota;
    this.titles = titles;
    this.nanoTime = nanoTime;
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
    store.titles().forEach(registry::restore);
    return registry;
  }

  private void restore(Object root, Title title) {
    Identity owner = new Identity(title.owner(), title.owner());
    Duration left = title.quarantine();
    quota.take(owner);
    long nanos = left == null ? hold : Math.min(quarantine, saturated(left));
    entries.put(root, Entry.restored(owner, title, nanoTime.getAsLong() + nanos));
  }

  /** A clock that was wrong may have made it longer than a number of nanoseconds can be. */
  private static long saturated(Duration duration) {
    return TimeUnit.MILLISECONDS.toNanos(duration.toMillis());
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
    Ends ends = new Ends(hold);
    entries.compute(
        endpoint.root(),
        (root, found) -> {
          Entry entry = unlessOver(root, found, ends);
          if (entry == null) {
            if (!quota.acquire(owner)) {
              outcome[0] = new Outcome.Refused(quota.refusal());
              return null;
            }
            CompletableFuture<Void> kept =
                owner.mayReturn() ? titles.put(root, Title.taken(owner.id(), number)) : KEPT;
            outcome[0] = new Outcome.Granted(tunnel, List.of(), kept);
            return Entry.fresh(owner, number, kept).with(tunnel, List.of());
          }
          if (!entry.owner().id().equals(owner.id())) {
            outcome[0] = new Outcome.Refused(Conflict.taken(endpoint, entry, isQuarantined(entry)));
            return entry;
          }
          if (entry.has(tunnel.holder(), endpoint)) {
            outcome[0] = new Outcome.Refused(Conflict.twice(endpoint));
            return entry;
          }
          if (entry.quarantined() || (entry.number() == 0 && number > 0)) {
            entry = entry.numbered(Math.max(entry.number(), number));
            unheard(titles.put(root, entry.title()));
          }
          List<Tunnel> old = entry.displacedBy(tunnel);
          outcome[0] = new Outcome.Granted(tunnel, old, entry.kept());
          return entry.with(tunnel, old);
        });
    ends.audit();
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
        (root, entry) -> {
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
          return entry.moved(from, to, old);
        });
    return outcome[0];
  }

  /** The entry, or null where others may have it: then it counts for its owner no more. */
  private @Nullable Entry unlessOver(Object root, @Nullable Entry entry, Ends ends) {
    if (entry == null || !isOver(entry)) {
      return entry;
    }
    quota.release(entry.owner());
    ends.add(root, entry);
    return null;
  }

  /** Gives the tunnel's endpoint up, if it is still this tunnel's. */
  public void release(Tunnel tunnel) {
    Endpoint endpoint = tunnel.endpoint();
    entries.computeIfPresent(
        endpoint.root(),
        (root, entry) -> {
          if (!entry.has(tunnel)) {
            return entry;
          }
          return entry.live().size() > 1 || entry.owner().mayReturn()
              ? entry.released(tunnel, nanoTime.getAsLong() + hold)
              : gone(root, entry);
        });
  }

  /**
   * Gives a name or a port to an identity for ever.
   *
   * @param number which of the owner's own names it is; 0 for another
   * @param shown how messages name it
   * @param bounded whether the identity asks itself: then its quota counts, and nobody is named
   * @param pool whether further sessions join from now on; null: as it was
   * @return done when it is written down; fails with a {@link RefusedException} where it is
   *     another's
   */
  CompletableFuture<Void> reserveFor(
      Object root,
      Identity owner,
      int number,
      String shown,
      boolean bounded,
      @Nullable Boolean pool) {
    List<CompletableFuture<Void>> kept = new ArrayList<>();
    boolean[] before = new boolean[1];
    Ends ends = new Ends(hold);
    entries.compute(
        root,
        (key, found) -> {
          Entry entry = unlessOver(root, found, ends);
          if (entry == null) {
            if (!bounded) {
              quota.take(owner);
            } else if (!quota.acquire(owner)) {
              kept.add(CompletableFuture.failedFuture(new RefusedException(quota.refusal())));
              return null;
            }
            entry = Entry.fresh(owner, number, KEPT);
          } else if (!entry.owner().id().equals(owner.id())) {
            Refusal why = Conflict.reservation(root, shown, entry, bounded);
            kept.add(CompletableFuture.failedFuture(new RefusedException(why)));
            return entry;
          }
          before[0] = entry.reserved();
          entry =
              entry.numbered(Math.max(entry.number(), number)).reserved(true, nanoTime.getAsLong());
          if (pool != null) {
            entry = entry.pooled(pool);
          }
          kept.add(titles.put(root, entry.title()));
          return entry;
        });
    ends.audit();
    return kept.get(0)
        .whenComplete((done, failure) -> {
          if (failure != null && !(failure instanceof RefusedException) && !before[0]) {
            entries.computeIfPresent(
                root, (key, entry) -> entry.reserved(false, nanoTime.getAsLong()));
          }
        });
  }

  /**
   * What became of a name or a port that was given up.
   *
   * @param tunnels those that it had
   * @param kept done when it is written down
   */
  record Released(List<Tunnel> tunnels, CompletableFuture<Void> kept) {}

  /**
   * Takes a name or a port from its owner. An own name goes into quarantine, and its owner has
   * another from then on.
   *
   * @param by only from this one; null: from anybody
   * @return null where nobody has it
   */
  @Nullable Released free(Object root, @Nullable Identity by) {
    Released[] released = new Released[1];
    entries.computeIfPresent(
        root,
        (key, entry) -> {
          if (isOver(entry) || (by != null && !entry.owner().id().equals(by.id()))) {
            return entry;
          }
          List<Tunnel> tunnels = entry.live();
          if (!entry.owner().mayReturn()) {
            released[0] = new Released(tunnels, KEPT);
            return gone(root, entry);
          }
          if (entry.number() == 0) {
            quota.release(entry.owner());
            released[0] = new Released(tunnels, titles.remove(root));
            return null;
          }
          if (!isQuarantined(entry)) {
            unheard(titles.advance(entry.owner().id(), entry.number()));
          }
          Duration left = Duration.ofNanos(quarantine);
          released[0] =
              new Released(
                  tunnels,
                  titles.put(root, Title.quarantined(entry.owner().id(), entry.number(), left)));
          return Entry.quarantined(
              entry.owner(), entry.number(), nanoTime.getAsLong() + quarantine);
        });
    return released[0];
  }

  /** Who has a name or a port, or null. */
  @Nullable Owned owned(Object root) {
    Entry entry = entries.get(root);
    return entry == null || isOver(entry) ? null : owned(entry);
  }

  private Owned owned(Entry entry) {
    return new Owned(
        entry.owner(), entry.reserved(), entry.pool(), entry.live().size(), isQuarantined(entry));
  }

  /** Who has what, and how. */
  Map<Object, Owned> owned() {
    Map<Object, Owned> all = new HashMap<>();
    entries.forEach((root, entry) -> {
      if (!isOver(entry)) {
        all.put(root, owned(entry));
      }
    });
    return all;
  }

  /**
   * Forgets a tunnel that came to nothing, such as that of a port that could not be bound. What its
   * owner had before goes on being held for him.
   */
  void forget(Tunnel tunnel) {
    Endpoint endpoint = tunnel.endpoint();
    entries.computeIfPresent(
        endpoint.root(),
        (root, entry) -> {
          if (!entry.has(tunnel)) {
            return entry;
          }
          return entry.live().size() > 1
                  || entry.reserved()
                  || (entry.had() && entry.owner().mayReturn())
              ? entry.without(tunnel, nanoTime.getAsLong() + hold)
              : gone(root, entry);
        });
  }

  private @Nullable Entry gone(Object root, Entry entry) {
    quota.release(entry.owner());
    if (entry.owner().mayReturn()) { // else it was never written down
      unheard(titles.remove(root));
    }
    return null;
  }

  /** Where this is lost, the name is held once more after the next start, and no longer. */
  private static void unheard(CompletableFuture<Void> change) {
    change.exceptionally(failure -> null);
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
        : entry.route(target, isOver(entry) || isQuarantined(entry));
  }

  /**
   * Where a TLS connection to the name goes whose TLS is not ended here: {@link Route.Unknown}
   * where it is ended here.
   */
  public Route encrypted(Hostname host) {
    Entry entry = entries.get(host);
    return entry == null ? new Route.Unknown() : entry.encryptedRoute(host, isOver(entry));
  }

  /** Whether the name is somebody's: live, held, reserved, or in quarantine. */
  public boolean isOwned(Hostname name) {
    Entry entry = entries.get(name);
    return entry != null && !isOver(entry);
  }

  /** Whether the name is this identity's. */
  public boolean isOwnedBy(Hostname name, Identity identity) {
    Entry entry = entries.get(name);
    return entry != null && !isOver(entry) && entry.owner().id().equals(identity.id());
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

  /** Whether further sessions of its owner join on the name. */
  boolean isPool(Object root) {
    Entry entry = entries.get(root);
    return entry != null && entry.pool();
  }

  /**
   * Says whether further sessions of a name's owner join. Who is on it stays, either way.
   *
   * @param name whose root is a hostname
   * @param owner only where it is this one's
   */
  public void pool(Hostname name, Identity owner, boolean pool) {
    entries.computeIfPresent(
        name,
        (root, entry) -> {
          if (entry.pool() == pool || isOver(entry) || !entry.owner().id().equals(owner.id())) {
            return entry;
          }
          Entry changed = entry.pooled(pool);
          if (owner.mayReturn()) {
            unheard(titles.put(root, changed.title()));
          }
          return changed;
        });
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
        tunnels.addAll(entry.live());
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
      Ends ends = new Ends(hold);
      entries.computeIfPresent(
          root,
          (key, entry) -> {
            if (isOver(entry)) {
              ends.add(root, entry);
              return gone(root, entry);
            }
            if (!isQuarantined(entry) || entry.quarantined()) {
              return entry;
            }
            ends.add(root, entry);
            return quarantined(root, entry);
          });
      ends.audit();
    }
  }

  /** Of an own name whose hold is over. */
  private Entry quarantined(Object root, Entry entry) {
    long until = entry.heldUntil() + quarantine;
    long left = Math.max(0, until - nanoTime.getAsLong());
    Title title = Title.quarantined(entry.owner().id(), entry.number(), Duration.ofNanos(left));
    CompletableFuture<Void> kept = titles.put(root, title);
    unheard(kept);
    return Entry.quarantined(entry.owner(), entry.number(), until);
  }

  private boolean isOver(Entry entry) {
    return entry.isOver(nanoTime.getAsLong(), quarantine);
  }

  private boolean isQuarantined(Entry entry) {
    return entry.isQuarantined(nanoTime.getAsLong());
  }
}
