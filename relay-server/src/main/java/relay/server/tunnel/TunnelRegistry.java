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
import relay.common.endpoint.RefusalCode;
import relay.server.auth.Audit;
import relay.server.auth.AuditEvent;
import relay.server.auth.Identity;
import relay.server.config.Limits;

/**
 * Who has which name and port. Look-ups take no lock; a reservation, a takeover and a release are
 * one atomic step each on the entry of the name or port (its {@link Endpoint#root}). Any thread.
 *
 * <p>An entry belongs to one identity. When its last tunnel goes it is held for that identity; only
 * when the hold is over another may have it. An identity's own name is in quarantine after that,
 * and a reserved name or port is its owner's for ever. All this is written down in {@link Titles}:
 * a claim counts once its {@link Outcome.Granted#kept} is done.
 */
public final class TunnelRegistry {

  /** What {@link #reserve} answers. */
  public sealed interface Outcome {
    /**
     * @param displaced the same identity's tunnel in another session, which has lost the endpoint
     * @param kept done when it is written down whose the endpoint is; where that fails the tunnel
     *     is to be forgotten
     */
    record Granted(Tunnel tunnel, @Nullable Tunnel displaced, CompletableFuture<Void> kept)
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
    entries.put(
        root,
        Entry.idle(
            owner,
            nanoTime.getAsLong() + nanos,
            title.reserved(),
            title.number(),
            left != null,
            KEPT));
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
    Ends ends = new Ends();
    entries.compute(
        endpoint.root(),
        (root, found) -> {
          Entry entry = found;
          if (entry != null && isOver(entry)) {
            quota.release(entry.owner());
            ends.add(root, entry);
            entry = null;
          }
          if (entry == null) {
            if (!quota.acquire(owner)) {
              outcome[0] = new Outcome.Refused(quota.refusal());
              return null;
            }
            CompletableFuture<Void> kept = titles.put(root, Title.taken(owner.id(), number));
            outcome[0] = new Outcome.Granted(tunnel, null, kept);
            return Entry.of(tunnel, number, kept);
          }
          if (!entry.owner().id().equals(owner.id())) {
            outcome[0] = new Outcome.Refused(taken(endpoint, entry));
            return entry;
          }
          Tunnel old = entry.live().get(endpoint);
          if (old != null && old.holder().equals(tunnel.holder())) {
            outcome[0] = new Outcome.Refused(twice(endpoint));
            return entry;
          }
          if (entry.quarantined() || (entry.number() == 0 && number > 0)) {
            entry = entry.numbered(Math.max(entry.number(), number));
            unheard(titles.put(root, entry.title()));
          }
          outcome[0] = new Outcome.Granted(tunnel, old, entry.kept());
          return entry.with(tunnel);
        });
    ends.audit();
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
          return entry.released(endpoint, nanoTime.getAsLong() + hold);
        });
  }

  /**
   * Gives a name or a port to an identity for ever.
   *
   * @param number which of the owner's own names it is; 0 for another
   * @param shown how messages name it
   * @param bounded whether the identity asks itself: then its quota counts, and nobody is named
   * @return done when it is written down; fails with a {@link RefusedException} where it is
   *     another's
   */
  CompletableFuture<Void> reserveFor(
      Object root, Identity owner, int number, String shown, boolean bounded) {
    List<CompletableFuture<Void>> kept = new ArrayList<>();
    boolean[] before = new boolean[1];
    Ends ends = new Ends();
    entries.compute(
        root,
        (key, found) -> {
          Entry entry = found;
          if (entry != null && isOver(entry)) {
            quota.release(entry.owner());
            ends.add(root, entry);
            entry = null;
          }
          if (entry == null) {
            if (!bounded) {
              quota.take(owner);
            } else if (!quota.acquire(owner)) {
              kept.add(CompletableFuture.failedFuture(new RefusedException(quota.refusal())));
              return null;
            }
            entry = Entry.idle(owner, 0, false, number, false, KEPT);
          } else if (!entry.owner().id().equals(owner.id())) {
            kept.add(
                CompletableFuture.failedFuture(
                    new RefusedException(
                        new Refusal(
                            root instanceof Integer
                                ? RefusalCode.PORT_TAKEN
                                : RefusalCode.NAME_TAKEN,
                            shown
                                + " belongs to "
                                + (bounded
                                    ? "another key; ask for another"
                                    : entry.owner().id() + "; release it first")))));
            return entry;
          }
          before[0] = entry.reserved();
          entry =
              entry.numbered(Math.max(entry.number(), number)).reserved(true, nanoTime.getAsLong());
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
          List<Tunnel> tunnels = List.copyOf(entry.live().values());
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
          return Entry.idle(
              entry.owner(), nanoTime.getAsLong() + quarantine, false, entry.number(), true, KEPT);
        });
    return released[0];
  }

  /** Who has a name or a port, or null. */
  @Nullable Owned owned(Object root) {
    Entry entry = entries.get(root);
    return entry == null || isOver(entry) ? null : owned(entry);
  }

  private Owned owned(Entry entry) {
    return new Owned(entry.owner(), entry.reserved(), entry.live().size(), isQuarantined(entry));
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
   * @param tunnels how many live on it
   */
  record Owned(Identity owner, boolean reserved, int tunnels, boolean quarantined) {}

  /**
   * Forgets a tunnel that came to nothing, such as that of a port that could not be bound. What its
   * owner had before goes on being held for him.
   */
  void forget(Tunnel tunnel) {
    Endpoint endpoint = tunnel.endpoint();
    entries.computeIfPresent(
        endpoint.root(),
        (root, entry) -> {
          if (entry.live().get(endpoint) != tunnel) {
            return entry;
          }
          return entry.live().size() > 1 || entry.reserved() || entry.had()
              ? entry.without(endpoint, nanoTime.getAsLong() + hold)
              : gone(root, entry);
        });
  }

  private @Nullable Entry gone(Object root, Entry entry) {
    quota.release(entry.owner());
    unheard(titles.remove(root));
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
    if (entry == null) {
      return new Route.Unknown();
    }
    Tunnel best = entry.covering(target);
    if (best != null) {
      return new Route.Live(best);
    }
    return !isOver(entry) && !isQuarantined(entry) && entry.isShownHeld()
        ? new Route.Held()
        : new Route.Unknown();
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
      Ends ends = new Ends();
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

  /** The hold that a change found over: audited behind the change, which is made under a lock. */
  private final class Ends {
    private @Nullable AuditEvent event;

    /** A quarantine that is over was told when it began. */
    void add(Object root, Entry entry) {
      if (hold > 0 && !entry.quarantined()) {
        String what = root instanceof Integer port ? "port " + port : root.toString();
        event =
            new AuditEvent(
                AuditEvent.Kind.EXPIRY,
                AuditEvent.Who.of(entry.owner(), "", null),
                what,
                new Refusal(RefusalCode.HOLD_OVER, "its owner did not come back for it in time"));
      }
    }

    void audit() {
      if (event != null) {
        Audit.log(event);
      }
    }
  }

  /** Of an own name whose hold is over. */
  private Entry quarantined(Object root, Entry entry) {
    long until = entry.heldUntil() + quarantine;
    long left = Math.max(0, until - nanoTime.getAsLong());
    Title title = Title.quarantined(entry.owner().id(), entry.number(), Duration.ofNanos(left));
    CompletableFuture<Void> kept = titles.put(root, title);
    unheard(kept);
    return Entry.idle(entry.owner(), until, false, entry.number(), true, KEPT);
  }

  private boolean isOver(Entry entry) {
    return entry.isOver(nanoTime.getAsLong(), quarantine);
  }

  private boolean isQuarantined(Entry entry) {
    return entry.isQuarantined(nanoTime.getAsLong());
  }

  private Refusal taken(Endpoint endpoint, Entry entry) {
    boolean port = endpoint instanceof Endpoint.Tcp;
    if (entry.reserved()) {
      return new Refusal(
          port ? RefusalCode.PORT_TAKEN : RefusalCode.NAME_TAKEN,
          endpoint + " is reserved for another key; ask for another");
    }
    if (isQuarantined(entry)) {
      return new Refusal(
          RefusalCode.NAME_HELD, endpoint + " was another key's own name of late; ask for another");
    }
    if (entry.live().isEmpty()) {
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
}
