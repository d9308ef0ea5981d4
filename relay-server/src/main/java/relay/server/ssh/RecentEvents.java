package relay.server.ssh;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import relay.server.auth.Identity;

/**
 * What happened of late to each identity's tunnels, in whatever session, for {@code ssh host logs}.
 * Each has a ring of its own, and the identities that had something least recently lose theirs: so
 * nobody makes it grow, nor pushes another's out within the hour unless he has very many keys. Any
 * thread.
 */
final class RecentEvents {

  private static final Duration KEPT = Duration.ofHours(1);
  private static final int IDENTITIES = 1_000;

  /** Of 600 bytes at most, mostly. */
  private static final int EACH = 100;

  /** How often the cache is told that a ring is in use: each time would cost a busy tunnel dear. */
  private static final long USED_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final Cache<String, Ring> rings =
      Caffeine.newBuilder()
          .maximumSize(IDENTITIES)
          .expireAfterAccess(KEPT)
          .executor(Runnable::run)
          .evictionListener(
              (@Nullable String id, @Nullable Ring ring, RemovalCause why) -> lost(ring))
          .build();

  private final Map<String, Set<Consumer<LoggedEvent>>> followers = new ConcurrentHashMap<>();

  private static final class Ring {
    final Deque<LoggedEvent> events = new ArrayDeque<>(); // guarded by the ring
    volatile boolean lost;
  }

  private static void lost(@Nullable Ring ring) {
    if (ring != null) {
      ring.lost = true;
    }
  }

  /** Where one session writes what happens to its tunnels. Any thread. */
  final class Log {
    private final Identity identity;
    private volatile @Nullable Ring ring;
    private volatile long usedAt;

    private Log(Identity identity) {
      this.identity = identity;
    }

    void add(LoggedEvent event) {
      Ring into = ring;
      long now = System.nanoTime();
      if (into == null || into.lost || now - usedAt > USED_NANOS) {
        into = ring(identity);
        ring = into;
        usedAt = now;
      }
      synchronized (into) {
        if (into.events.size() == EACH) {
          into.events.removeFirst();
        }
        into.events.addLast(event);
        followers.getOrDefault(identity.id(), Set.of()).forEach(follower -> follower.accept(event));
      }
    }
  }

  /** For one session of the identity. */
  Log log(Identity identity) {
    return new Log(identity);
  }

  /** What there is, oldest first. */
  List<LoggedEvent> of(Identity identity) {
    Ring ring = ring(identity);
    synchronized (ring) {
      return new ArrayList<>(ring.events);
    }
  }

  /**
   * Tells what there is, oldest first, and then what comes, nothing left out and nothing twice.
   *
   * @param follower called by any thread, one at a time; does not wait
   * @return ends it
   */
  Runnable follow(Identity identity, Consumer<LoggedEvent> follower) {
    Ring ring = ring(identity);
    synchronized (ring) {
      ring.events.forEach(follower);
      followers.computeIfAbsent(identity.id(), id -> ConcurrentHashMap.newKeySet()).add(follower);
    }
    return () ->
        followers.computeIfPresent(
            identity.id(),
            (id, all) -> {
              all.remove(follower);
              return all.isEmpty() ? null : all;
            });
  }

  private Ring ring(Identity identity) {
    return rings.asMap().computeIfAbsent(identity.id(), id -> new Ring());
  }
}
