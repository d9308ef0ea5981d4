package relay.server.tunnel;

import io.netty.channel.EventLoop;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import relay.common.endpoint.Endpoint;
import relay.server.auth.Identity;

/**
 * A live claim on an endpoint. Immutable; a name that moves to another session gets another tunnel,
 * of a higher {@link #generation}.
 */
public final class Tunnel {

  private static final AtomicLong GENERATIONS = new AtomicLong();

  private final Endpoint endpoint;
  private final Holder holder;
  private final Health health = new Health(System::nanoTime);
  private final Upstream upstream;
  private final Supplier<TunnelOptions> options;
  private final VisitLog visits;
  private final Instant since = Instant.now();
  private final LongAdder visitCount = new LongAdder();
  private final long generation = GENERATIONS.incrementAndGet();

  /**
   * @param options asked for each visit anew; answers at once, on any thread
   */
  public Tunnel(
      Endpoint endpoint,
      Holder holder,
      Upstream upstream,
      Supplier<TunnelOptions> options,
      VisitLog visits) {
    this.endpoint = endpoint;
    this.holder = holder;
    this.upstream = new Watched(upstream, health);
    this.options = options;
    this.visits =
        (tunnel, visit) -> {
          visitCount.increment();
          visits.visit(tunnel, visit);
        };
  }

  public Endpoint endpoint() {
    return endpoint;
  }

  public Holder holder() {
    return holder;
  }

  public Identity owner() {
    return holder.identity();
  }

  /** Distinguishes this tunnel from every earlier one on the same endpoint in this process. */
  public long generation() {
    return generation;
  }

  public Upstream upstream() {
    return upstream;
  }

  /** Whether visitors of a pool are sent to it while others are there. */
  public boolean isHealthy() {
    return health.isGood() && !holder.isSilent();
  }

  /** What the owner wishes now. */
  public TunnelOptions options() {
    return options.get();
  }

  /** Whether somebody may come to what is not public: its owner, and whom he lets in now. */
  public boolean admits(Identity identity) {
    return owner().id().equals(identity.id()) || options().guests().contains(identity);
  }

  /** When it was claimed; for people, since a clock may be set. */
  public Instant since() {
    return since;
  }

  /** HTTP requests that are over, and TCP connections. */
  public long visitCount() {
    return visitCount.sum();
  }

  public VisitLog visits() {
    return visits;
  }

  /** The loop of the owner's session: a stream on it costs no hop. */
  public EventLoop eventLoop() {
    return holder.eventLoop();
  }

  @Override
  public String toString() {
    return endpoint + "#" + generation;
  }
}
