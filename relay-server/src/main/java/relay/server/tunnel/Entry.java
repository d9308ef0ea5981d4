package relay.server.tunnel;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Endpoint;
import relay.common.endpoint.Hostname;
import relay.server.auth.Identity;

/**
 * What the {@link TunnelRegistry} knows of one name or port. Immutable, but for whose turn it is in
 * a pool; times are the registry's clock, in nanoseconds.
 *
 * @param live the tunnels, oldest first, none while the entry is only held; several on one endpoint
 *     where it is a pool, or was
 * @param heldUntil means something only while {@code live} is empty
 * @param pool whether further sessions of the owner's join, instead of taking over
 * @param number which of the owner's own names it is; 0 for another
 * @param quarantined whether the hold of an own name is over, and {@code heldUntil} the end of its
 *     quarantine
 * @param encrypted whether its owner ends its TLS himself: then it is not ended here while he is
 *     away
 * @param had whether it was its owner's before the tunnels that live now
 * @param seen what visitors by HTTP may know of it
 * @param turn counts visits to pools
 * @param kept whether it is written down
 */
record Entry(
    Identity owner,
    List<Tunnel> live,
    long heldUntil,
    boolean reserved,
    boolean pool,
    int number,
    boolean quarantined,
    boolean had,
    boolean encrypted,
    Seen seen,
    AtomicInteger turn,
    CompletableFuture<Void> kept) {

  /** Of what need not be written down, or was. */
  static final CompletableFuture<Void> KEPT = CompletableFuture.completedFuture(null);

  /** Whether a name was ever one that visitors ask for: what is private is not told to exist. */
  enum Seen {
    /** Since it was taken before the server started. */
    UNKNOWN,
    BY_VISITORS,
    PRIVATE;

    private Seen with(Tunnel tunnel) {
      boolean isAlias = tunnel.endpoint() instanceof Endpoint.Alias;
      return this == BY_VISITORS || !isAlias ? BY_VISITORS : PRIVATE;
    }
  }

  /** Of what nobody had. */
  static Entry fresh(Identity owner, int number, CompletableFuture<Void> kept) {
    return new Entry(
        owner,
        List.of(),
        0,
        false,
        false,
        number,
        false,
        false,
        false,
        Seen.UNKNOWN,
        new AtomicInteger(),
        kept);
  }

  /** As it is after a restart. */
  static Entry restored(Identity owner, Title title, long until) {
    return fresh(owner, title.number(), KEPT)
        .with(draft -> {
          draft.heldUntil = until;
          draft.reserved = title.reserved();
          draft.pool = title.pool();
          draft.encrypted = title.encrypted();
          draft.seen = title.hidden() ? Seen.PRIVATE : Seen.UNKNOWN;
          draft.quarantined = title.quarantine() != null;
          draft.had = true;
        });
  }

  /** Of an own name that is kept from others, and nobody's. */
  static Entry quarantined(Identity owner, int number, long until) {
    return restored(owner, Title.quarantined(owner.id(), number, Duration.ZERO), until);
  }

  /** A copy while some of it changes. */
  private static final class Draft {
    List<Tunnel> live;
    long heldUntil;
    boolean reserved;
    boolean pool;
    int number;
    boolean quarantined;
    boolean had;
    boolean encrypted;
    Seen seen;

    Draft(Entry of) {
      live = new ArrayList<>(of.live);
      heldUntil = of.heldUntil;
      reserved = of.reserved;
      pool = of.pool;
      number = of.number;
      quarantined = of.quarantined;
      had = of.had;
      encrypted = of.encrypted;
      seen = of.seen;
    }
  }

  private Entry with(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return new Entry(
        owner,
        List.copyOf(draft.live),
        draft.heldUntil,
        draft.reserved,
        draft.pool,
        draft.number,
        draft.quarantined,
        draft.had,
        draft.encrypted,
        draft.seen,
        turn,
        kept);
  }

  /** With one more, without those whose place it takes. */
  Entry with(Tunnel tunnel, List<Tunnel> instead) {
    return with(draft -> {
      draft.live.removeAll(instead);
      draft.live.add(tunnel);
      draft.heldUntil = 0;
      draft.quarantined = false;
      draft.seen = seen.with(tunnel);
      draft.encrypted =
          tunnel.endpoint() instanceof Endpoint.Tls
              || (encrypted && !(tunnel.endpoint() instanceof Endpoint.Http));
    });
  }

  /** With another tunnel in the place of one, and of those on its endpoint whose place it takes. */
  Entry moved(Tunnel from, Tunnel to, List<Tunnel> instead) {
    return released(from, 0).with(to, instead);
  }

  /** Without one that came to nothing. */
  Entry without(Tunnel tunnel, long until) {
    return with(draft -> {
      draft.live.remove(tunnel);
      draft.heldUntil = until;
      draft.quarantined = false;
    });
  }

  /** Without one that its owner had: held from now on. */
  Entry released(Tunnel tunnel, long until) {
    return without(tunnel, until).with(draft -> draft.had = true);
  }

  /** Where it is reserved no longer, a hold that is over ends now. */
  Entry reserved(boolean now, long until) {
    return with(draft -> {
      draft.reserved = now;
      draft.heldUntil = until;
      draft.quarantined = quarantined && !now;
    });
  }

  Entry numbered(int of) {
    return with(draft -> draft.number = of);
  }

  Entry pooled(boolean now) {
    return with(draft -> draft.pool = now);
  }

  /** How it is written down while it is its owner's. */
  Title title() {
    return new Title(owner.id(), reserved, pool, encrypted, seen == Seen.PRIVATE, number, null);
  }

  boolean isOf(Identity identity) {
    return owner.id().equals(identity.id());
  }

  /** Whether it has this very tunnel. */
  boolean has(Tunnel tunnel) {
    return live.contains(tunnel);
  }

  /** Whether a holder has a tunnel on an endpoint. */
  boolean has(Holder holder, Endpoint endpoint) {
    return live.stream()
        .anyMatch(one -> one.holder().equals(holder) && one.endpoint().equals(endpoint));
  }

  /** The tunnels on an endpoint, oldest first. */
  List<Tunnel> on(Endpoint endpoint) {
    return live.stream().filter(one -> one.endpoint().equals(endpoint)).toList();
  }

  /** Those whose place a newcomer on an endpoint takes; in a pool nobody's. */
  List<Tunnel> displacedBy(Tunnel newcomer) {
    return pool ? List.of() : on(newcomer.endpoint());
  }

  /** Where the next visitor of an endpoint goes: in a pool, the healthy ones have turns. */
  @Nullable Tunnel next(Endpoint endpoint) {
    Tunnel one = null;
    boolean several = false;
    for (Tunnel tunnel : live) {
      if (tunnel.endpoint().equals(endpoint)) {
        several |= one != null;
        one = tunnel;
      }
    }
    if (!several) {
      return one;
    }
    List<Tunnel> all = on(endpoint);
    List<Tunnel> healthy = all.stream().filter(Tunnel::isHealthy).toList();
    List<Tunnel> from = healthy.isEmpty() ? all : healthy;
    return from.get(Math.floorMod(turn.getAndIncrement(), from.size()));
  }

  /** Whether others may have it. */
  boolean isOver(long now, long quarantine) {
    return isFreeAfter(now, number > 0 && !quarantined ? heldUntil + quarantine : heldUntil);
  }

  boolean isQuarantined(long now) {
    return number > 0 && (quarantined || isFreeAfter(now, heldUntil));
  }

  private boolean isFreeAfter(long now, long end) {
    return live.isEmpty() && !reserved && now - end >= 0;
  }

  /**
   * Where an HTTP request for the name goes.
   *
   * @param isOver whether it is its owner's no more
   */
  Route route(String target, boolean isOver) {
    Tunnel best = covering(target);
    if (best != null) {
      return new Route.Live(best);
    }
    boolean serves = servesHttp();
    if (encrypted && !serves && !live.isEmpty()) {
      return new Route.Encrypted();
    }
    return isOver || serves || seen == Seen.PRIVATE ? new Route.Unknown() : new Route.Held();
  }

  /** As {@link #route}, of a TLS connection; unknown where its TLS is ended here. */
  Route encryptedRoute(Hostname host, boolean isOver) {
    Tunnel tunnel = next(new Endpoint.Tls(host));
    if (tunnel != null) {
      return new Route.Live(tunnel);
    }
    return encrypted && !isOver ? new Route.Held() : new Route.Unknown();
  }

  /** Whether some path is served, so that the rest of the name is not offline, but not there. */
  boolean servesHttp() {
    return live.stream().anyMatch(one -> one.endpoint() instanceof Endpoint.Http);
  }

  /** The tunnel of the longest path that covers a request's target, or null. */
  private @Nullable Tunnel covering(String target) {
    Endpoint best = null;
    int length = -1;
    for (Tunnel tunnel : live) {
      if (tunnel.endpoint() instanceof Endpoint.Http http
          && http.path().value().length() > length
          && http.path().covers(target)) {
        best = http;
        length = http.path().value().length();
      }
    }
    return best == null ? null : next(best);
  }
}
