package relay.server.ssh;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import relay.common.endpoint.Refusal;
import relay.server.auth.Identity;

/**
 * What identities were refused of late: {@code ssh -N} has no console, so its user reads it in the
 * banner of the next try. Any thread.
 */
final class RecentRefusals {

  private static final Duration KEPT = Duration.ofMinutes(10);
  private static final int IDENTITIES = 10_000;
  private static final int EACH = 10;

  private final Cache<String, List<String>> lines =
      Caffeine.newBuilder().maximumSize(IDENTITIES).expireAfterWrite(KEPT).build();

  void add(Identity identity, Refusal refusal) {
    if (!identity.mayReturn()) {
      return; // it has no next try
    }
    lines
        .asMap()
        .merge(
            identity.id(),
            List.of(refusal.line()),
            (old, fresh) -> {
              List<String> all = new ArrayList<>(old);
              all.removeAll(fresh);
              all.addAll(fresh);
              return List.copyOf(all.subList(Math.max(0, all.size() - EACH), all.size()));
            });
  }

  /** The lines, oldest first; they are told once. */
  List<String> take(Identity identity) {
    List<String> found = lines.asMap().remove(identity.id());
    return found == null ? List.of() : found;
  }
}
