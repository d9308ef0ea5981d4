package relay.server.tunnel;

import java.security.SecureRandom;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.PortRanges;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;

/** Which TCP ports may be had. Any thread. */
public final class PortAllocator {

  private final PortRanges allocatable;
  private final PortRanges allowed;
  private final IntPredicate ours;
  private final SecureRandom random = new SecureRandom();

  /**
   * @param allocatable where a port is taken from if none was named
   * @param allowed which ports may be named
   * @param ours whether a port is one that the relay itself listens on
   */
  public PortAllocator(PortRanges allocatable, PortRanges allowed, IntPredicate ours) {
    this.allocatable = allocatable;
    this.allowed = allowed;
    this.ours = ours;
  }

  /** Why the port may not be asked for by number, or null if it may. */
  @Nullable Refusal refusal(int port) {
    if (ours.test(port)) {
      return new Refusal(RefusalCode.PORT_NOT_ALLOWED, "port " + port + " is the relay's own");
    }
    if (!allowed.contains(port) && !allocatable.contains(port)) {
      return new Refusal(
          RefusalCode.PORT_NOT_ALLOWED,
          "port "
              + port
              + " may not be asked for; allowed are "
              + allowed
              + " and 0 for any, by the server's tcp.allow");
    }
    return null;
  }

  /** A port for which {@code free} holds, or 0 where there seems to be none. */
  int pick(IntPredicate free) {
    int size = allocatable.size();
    int start = random.nextInt(size);
    for (int i = 0; i < size; i++) {
      int port = allocatable.get((start + i) % size);
      if (!ours.test(port) && free.test(port)) {
        return port;
      }
    }
    return 0;
  }
}
