package relay.server.tunnel;

import java.util.concurrent.ConcurrentHashMap;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.server.auth.Identity;

/** How many of something one account may have at once, in all its sessions. Any thread. */
public final class Quota {

  private final ConcurrentHashMap<String, Integer> counts = new ConcurrentHashMap<>();
  private final int max;
  private final Refusal refusal;

  /** Of names and ports, held ones included. */
  public Quota(int max) {
    this(max, RefusalCode.TOO_MANY_TUNNELS, "names and ports, held ones included");
  }

  /**
   * @param what there may be so many of
   */
  public Quota(int max, RefusalCode code, String what) {
    this.max = max;
    this.refusal = new Refusal(code, "a key may have " + max + " " + what);
  }

  /** Takes a place for one more; false where there is none. */
  public boolean acquire(Identity identity) {
    boolean[] got = new boolean[1];
    counts.compute(
        identity.account(),
        (id, count) -> {
          int now = count == null ? 0 : count;
          got[0] = now < max;
          return got[0] ? (Integer) (now + 1) : count;
        });
    return got[0];
  }

  /** As {@link #acquire}, of what the identity has already: never refused. */
  void take(Identity identity) {
    counts.merge(identity.account(), 1, Integer::sum);
  }

  public void release(Identity identity) {
    counts.computeIfPresent(identity.account(), (id, count) -> count == 1 ? null : count - 1);
  }

  public Refusal refusal() {
    return refusal;
  }
}
