package relay.server.tunnel;

import java.util.concurrent.ConcurrentHashMap;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.server.auth.Identity;

/** How many names and ports, held ones included, one identity may have. Any thread. */
public final class Quota {

  private final ConcurrentHashMap<String, Integer> counts = new ConcurrentHashMap<>();
  private final int max;

  public Quota(int max) {
    this.max = max;
  }

  boolean acquire(Identity identity) {
    boolean[] got = new boolean[1];
    counts.compute(
        identity.id(),
        (id, count) -> {
          int now = count == null ? 0 : count;
          got[0] = now < max;
          return got[0] ? (Integer) (now + 1) : count;
        });
    return got[0];
  }

  /** As {@link #acquire}, of what the identity has already: never refused. */
  void take(Identity identity) {
    counts.merge(identity.id(), 1, Integer::sum);
  }

  void release(Identity identity) {
    counts.computeIfPresent(identity.id(), (id, count) -> count == 1 ? null : count - 1);
  }

  Refusal refusal() {
    return new Refusal(
        RefusalCode.TOO_MANY_TUNNELS,
        "a key may have " + max + " names and ports, held ones included");
  }
}
