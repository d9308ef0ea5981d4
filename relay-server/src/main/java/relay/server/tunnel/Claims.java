package relay.server.tunnel;

import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Endpoint;
import relay.common.endpoint.Hostname;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.server.auth.Identity;
import relay.server.tunnel.TunnelRegistry.Outcome;

/**
 * Turns what a session asks for into leases: reserves, takes over, asks old sessions whether they
 * live, binds ports. Nothing waits: every claim is a future on its holder's event loop, which fails
 * with a {@link RefusedException}. Any thread.
 */
public final class Claims {

  /** How many ports are tried where the system has those that are free here. */
  private static final int PORT_TRIES = 16;

  private final TunnelRegistry registry;
  private final HostnameAllocator names;
  private final PortAllocator ports;
  private final PortListeners listeners;
  private final OwnDomains domains;
  private final Duration probe;

  /**
   * @param probe how long an old session has to show that it lives before its name, or the session
   *     itself, is let go
   */
  public Claims(
      TunnelRegistry registry,
      HostnameAllocator names,
      PortAllocator ports,
      PortListeners listeners,
      OwnDomains domains,
      Duration probe) {
    this.registry = registry;
    this.names = names;
    this.ports = ports;
    this.listeners = listeners;
    this.domains = domains;
    this.probe = probe;
  }

  /**
   * Who asks, and what the tunnel leads to.
   *
   * @param returning whether it had the endpoint before and lost its connection: then it does not
   *     take it from a living session of the same identity
   */
  public record Claimant(
      Holder holder,
      Upstream upstream,
      Supplier<TunnelOptions> options,
      VisitLog visits,
      boolean returning) {
    Tunnel tunnel(Endpoint endpoint) {
      return new Tunnel(endpoint, holder, upstream, options, visits);
    }

    Promise<Lease> promise() {
      return holder.eventLoop().newPromise();
    }
  }

  /** Claims what needs no listener of its own: a name, a path below one, or an alias. */
  public Future<Lease> name(Endpoint endpoint, Claimant claimant) {
    Promise<Lease> result = claimant.promise();
    unlessTakenOver(endpoint, claimant, result, () -> take(endpoint, claimant, result));
    return result;
  }

  /** Claims a domain of the user's own, or a path below it, once DNS has said that it is his. */
  public Future<Lease> domain(Hostname domain, Endpoint endpoint, Claimant claimant) {
    Promise<Lease> result = claimant.promise();
    Holder holder = claimant.holder();
    domains
        .refusal(domain, holder.identity())
        .thenAccept(why ->
            holder
                .eventLoop()
                .execute(() -> {
                  if (why == null) {
                    unlessTakenOver(
                        endpoint, claimant, result, () -> take(endpoint, claimant, result));
                  } else {
                    result.setFailure(new RefusedException(why));
                  }
                }));
    return result;
  }

  private void take(Endpoint endpoint, Claimant claimant, Promise<Lease> result) {
    Tunnel tunnel = claimant.tunnel(endpoint);
    int number = names.numberOf(claimant.holder().identity(), endpoint.root());
    Outcome outcome = registry.reserve(tunnel, number);
    if (outcome instanceof Outcome.Granted granted) {
      whenKept(granted, result, () -> result.setSuccess(lease(tunnel)));
    } else {
      result.setFailure(new RefusedException(((Outcome.Refused) outcome).why()));
    }
  }

  /**
   * Whether nobody has taken the endpoint over, or released it, while the claim was waiting; else
   * the claim fails. A holder is told of a loss only where it had something to lose.
   */
  private boolean isStill(Tunnel tunnel, Promise<Lease> result) {
    if (registry.isLive(tunnel)) {
      return true;
    }
    result.setFailure(new RefusedException(Conflict.gone(tunnel)));
    return false;
  }

  /** Goes on once it is written down whose the endpoint is; without that nobody gets it. */
  private void whenKept(Outcome.Granted granted, Promise<Lease> result, Runnable then) {
    if (granted.kept().isDone() && !granted.kept().isCompletedExceptionally()) {
      kept(granted, result, then);
      return;
    }
    granted
        .kept()
        .whenComplete((done, failure) ->
            granted
                .tunnel()
                .eventLoop()
                .execute(() -> {
                  if (failure == null) {
                    kept(granted, result, then);
                    return;
                  }
                  registry.forget(granted.tunnel());
                  result.setFailure(
                      new RefusedException(
                          new Refusal(
                              RefusalCode.STORE_FAILED,
                              granted.tunnel().endpoint()
                                  + " is not given: the server cannot write down whose it is; ask"
                                  + " its operator, and again later")));
                }));
  }

  private void kept(Outcome.Granted granted, Promise<Lease> result, Runnable then) {
    if (isStill(granted.tunnel(), result)) {
      takeOver(granted);
      then.run();
    }
  }

  /** Goes on with the claim, unless it is a returning one's and another living session has it. */
  private void unlessTakenOver(
      Endpoint endpoint, Claimant claimant, Promise<Lease> result, Runnable claim) {
    Tunnel live = claimant.returning() ? registry.find(endpoint) : null;
    if (live == null
        || registry.ownership().isPool(endpoint.root())
        || !live.owner().id().equals(claimant.holder().identity().id())) {
      claim.run();
      return;
    }
    whenProbed(
        live.holder(),
        claimant.holder(),
        () ->
            result.setFailure(
                new RefusedException(
                    new Refusal(
                        RefusalCode.TAKEN_OVER,
                        endpoint + " was taken over by another session of your key"))),
        claim);
  }

  /**
   * Puts another tunnel of the same name or port in the place of a lease's, in one step. Where that
   * is refused the old one stays as it is.
   *
   * @param addresses where a TCP port is bound from now on; nothing for what has no listener. A
   *     port that cannot be bound there is given up, and held
   */
  public Future<Lease> move(
      Lease lease, Endpoint to, List<InetSocketAddress> addresses, Claimant claimant) {
    Promise<Lease> result = claimant.promise();
    Tunnel tunnel = claimant.tunnel(to);
    Outcome outcome = registry.move(lease.tunnel(), tunnel);
    if (!(outcome instanceof Outcome.Granted granted)) {
      return result.setFailure(new RefusedException(((Outcome.Refused) outcome).why()));
    }
    whenKept(
        granted,
        result,
        addresses.isEmpty()
            ? () -> result.setSuccess(lease(tunnel))
            : () -> open(tunnel, addresses, result, null));
    return result;
  }

  private void whenProbed(Holder asked, Holder asking, Runnable alive, Runnable dead) {
    asked
        .probe(probe)
        .addListener((Future<Boolean> answer) -> {
          boolean lives = answer.isSuccess() && answer.getNow();
          asking.eventLoop().execute(lives ? alive : dead);
        });
  }

  /** Claims a port that was asked for. */
  public Future<Lease> port(int port, List<InetSocketAddress> addresses, Claimant claimant) {
    Promise<Lease> result = claimant.promise();
    Refusal notAllowed = ports.refusal(port);
    if (notAllowed != null) {
      return result.setFailure(new RefusedException(notAllowed));
    }
    unlessTakenOver(
        new Endpoint.Tcp(port),
        claimant,
        result,
        () -> bind(port, addresses, claimant, result, null));
    return result;
  }

  /** Claims any port. */
  public Future<Lease> anyPort(IntFunction<List<InetSocketAddress>> addresses, Claimant claimant) {
    Promise<Lease> result = claimant.promise();
    anyPort(addresses, claimant, PORT_TRIES, result);
    return result;
  }

  private void anyPort(
      IntFunction<List<InetSocketAddress>> addresses,
      Claimant claimant,
      int tries,
      Promise<Lease> result) {
    int port = ports.pick(registry::isFree);
    if (port == 0 || tries == 0) {
      result.setFailure(
          new RefusedException(
              new Refusal(RefusalCode.PORTS_EXHAUSTED, "no port is free; ask again later")));
      return;
    }
    bind(
        port,
        addresses.apply(port),
        claimant,
        result,
        () -> anyPort(addresses, claimant, tries - 1, result));
  }

  /**
   * Reserves and binds.
   *
   * @param otherwise what to do where the port is not to be had; null: fail
   */
  private void bind(
      int port,
      List<InetSocketAddress> addresses,
      Claimant claimant,
      Promise<Lease> result,
      @Nullable Runnable otherwise) {
    Tunnel tunnel = claimant.tunnel(new Endpoint.Tcp(port));
    Outcome outcome = registry.reserve(tunnel);
    if (!(outcome instanceof Outcome.Granted granted)) {
      Refusal why = ((Outcome.Refused) outcome).why();
      if (otherwise != null && why.code() != RefusalCode.TOO_MANY_TUNNELS) {
        otherwise.run();
      } else {
        result.setFailure(new RefusedException(why));
      }
      return;
    }
    whenKept(granted, result, () -> open(tunnel, addresses, result, otherwise));
  }

  private void open(
      Tunnel tunnel,
      List<InetSocketAddress> addresses,
      Promise<Lease> result,
      @Nullable Runnable otherwise) {
    listeners
        .open(tunnel, addresses)
        .addListener(bound ->
            tunnel
                .eventLoop()
                .execute(() -> {
                  if (bound.isSuccess()) {
                    if (isStill(tunnel, result)) {
                      result.setSuccess(lease(tunnel));
                    } else {
                      listeners.close(tunnel);
                    }
                    return;
                  }
                  registry.forget(tunnel);
                  if (otherwise != null) {
                    otherwise.run();
                  } else {
                    result.setFailure(inUse(((Endpoint.Tcp) tunnel.endpoint()).port()));
                  }
                }));
  }

  private static RefusedException inUse(int port) {
    return new RefusedException(
        new Refusal(
            RefusalCode.PORT_IN_USE,
            "port " + port + " is in use by another program on the server; ask for another"));
  }

  /**
   * Claims the first of the identity's own names that no living session has.
   *
   * @param form the endpoint of a name
   * @param permitted which of the names may be had
   * @param claimants who asks, once the name is known
   */
  public Future<Lease> ownName(
      Function<Hostname, Endpoint> form,
      Predicate<Hostname> permitted,
      Function<Hostname, Claimant> claimants,
      Holder holder) {
    Promise<Lease> result = holder.eventLoop().newPromise();
    ownName(form, permitted, claimants, holder, 1, result);
    return result;
  }

  private void ownName(
      Function<Hostname, Endpoint> form,
      Predicate<Hostname> permitted,
      Function<Hostname, Claimant> claimants,
      Holder holder,
      int number,
      Promise<Lease> result) {
    if (number > HostnameAllocator.OWN_NAMES) {
      result.setFailure(
          new RefusedException(
              new Refusal(
                  RefusalCode.TOO_MANY_TUNNELS,
                  "all "
                      + HostnameAllocator.OWN_NAMES
                      + " names of the key are in use; ask for a name")));
      return;
    }
    Hostname host = names.own(holder.identity(), number);
    Endpoint endpoint = form.apply(host);
    Runnable next = () -> ownName(form, permitted, claimants, holder, number + 1, result);
    Runnable take = () -> takeOwnName(claimants.apply(host), endpoint, next, result);
    List<Tunnel> live = registry.all(endpoint);
    if (!permitted.test(host)) {
      next.run();
    } else if (live.isEmpty()) {
      take.run();
    } else if (live.stream().anyMatch(one -> one.holder().equals(holder))
        || !live.get(0).owner().id().equals(holder.identity().id())) {
      next.run();
    } else if (registry.ownership().isPool(host)) {
      take.run();
    } else {
      whenProbed(live.get(0).holder(), holder, next, take);
    }
  }

  private void takeOwnName(
      Claimant claimant, Endpoint endpoint, Runnable next, Promise<Lease> result) {
    name(endpoint, claimant)
        .addListener((Future<Lease> claimed) -> {
          if (claimed.isSuccess()) {
            result.setSuccess(claimed.getNow());
          } else if (claimed.cause() instanceof RefusedException e
              && (e.refusal().code() == RefusalCode.TOO_MANY_TUNNELS
                  || e.refusal().code() == RefusalCode.STORE_FAILED)) {
            result.setFailure(e);
          } else {
            next.run();
          }
        });
  }

  /** Tells the old sessions what they have lost, and ends those that show no life. */
  private void takeOver(Outcome.Granted granted) {
    granted.displaced().forEach(this::takeOver);
  }

  private void takeOver(Tunnel old) {
    Holder holder = old.holder();
    holder.lost(
        old,
        new Refusal(
            RefusalCode.TAKEN_OVER,
            old.endpoint() + " was taken over by another session of your key"));
    holder
        .probe(probe)
        .addListener((Future<Boolean> alive) -> {
          if (!alive.isSuccess() || !alive.getNow()) {
            holder.end(
                new Refusal(
                    RefusalCode.SESSION_SUPERSEDED,
                    "another session of your key took over, and this one did not answer"));
          }
        });
  }

  private Lease lease(Tunnel tunnel) {
    return new Lease(
        tunnel,
        () -> {
          if (tunnel.endpoint() instanceof Endpoint.Tcp) {
            listeners.close(tunnel);
          }
          registry.release(tunnel);
        });
  }

  /** Says whether further sessions of the identity join on a name, as {@link Ownership#pool}. */
  public void pool(Hostname name, Identity identity, boolean pool) {
    registry.ownership().pool(name, identity, pool);
  }

  /** The identity's live tunnels, whatever session holds them, in no order. */
  public List<Tunnel> tunnels(Identity identity) {
    return registry.tunnels(identity);
  }

  /**
   * The identity reserves a name or a port for itself, as {@link Reservations#reserve}.
   *
   * @param pool whether further sessions join on the name; null: as it was
   * @param rule what its key may reserve
   */
  public CompletableFuture<String> reserve(
      String text, Identity identity, @Nullable Boolean pool, Reservations.Rule rule) {
    return new Reservations(registry, names)
        .reserve(
            text,
            identity,
            pool,
            root -> {
              Refusal ofTheServer = root instanceof Integer port ? ports.refusal(port) : null;
              return ofTheServer == null ? rule.refusal(root) : ofTheServer;
            });
  }

  /** The identity gives a name or a port up, as {@link Reservations#release}. */
  public CompletableFuture<Reservations.GivenUp> release(String text, Identity identity) {
    return new Reservations(registry, names).release(text, identity);
  }

  /** Whether any of the identity's own names is permitted. */
  public boolean hasOwnName(Identity identity, Predicate<Hostname> permitted) {
    return ownNames(identity).anyMatch(permitted);
  }

  /**
   * How the identity's own names read now, for the banner: the first, and what would come next.
   *
   * @param permitted which of them may be had
   */
  public List<Hostname> ownNames(Identity identity, Predicate<Hostname> permitted) {
    List<Hostname> two = ownNames(identity).filter(permitted).limit(2).toList();
    return two.isEmpty()
            || (registry.find(new Endpoint.Http(two.get(0))) != null
                && !registry.ownership().isPool(two.get(0)))
        ? two
        : two.subList(0, 1);
  }

  private Stream<Hostname> ownNames(Identity identity) {
    return IntStream.rangeClosed(1, HostnameAllocator.OWN_NAMES)
        .mapToObj(number -> names.own(identity, number));
  }
}
