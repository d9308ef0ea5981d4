package relay.server.ssh;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
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

  private final Cache<String, Deque<LoggedEvent>> rings =
      Caffeine.newBuilder().maximumSize(IDENTITIES).expireAfterAccess(KEPT).build();

  private final Map<String, Set<Consumer<LoggedEvent>>> followers = new ConcurrentHashMap<>();

  void add(Identity identity, LoggedEvent event) {
    Deque<LoggedEvent> ring = ring(identity);
    synchronized (ring) {
      if (ring.size() == EACH) {
        ring.removeFirst();
      }
      ring.addLast(event);
      followers.getOrDefault(identity.id(), Set.of()).forEach(follower -> follower.accept(event));
    }
  }

  /** What there is, oldest first. */
  List<LoggedEvent> of(Identity identity) {
    Deque<LoggedEvent> ring = ring(identity);
    synchronized (ring) {
      return new ArrayList<>(ring);
    }
  }

  /**
   * Tells what there is, oldest first, and then what comes, nothing left out and nothing twice.
   *
   * @param follower called by any thread, one at a time; does not wait
   * @return ends it
   */
  Runnable follow(Identity identity, Consumer<LoggedEvent> follower) {
    Deque<LoggedEvent> ring = ring(identity);
    synchronized (ring) {
      ring.forEach(follower);
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

  private Deque<LoggedEvent> ring(Identity identity) {
    return rings.asMap().computeIfAbsent(identity.id(), id -> new ArrayDeque<>());
  }
}
