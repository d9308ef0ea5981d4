package relay.server.auth;

import java.net.InetAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.apache.sshd.common.io.IoSession;
import relay.common.config.ConfigException;
import relay.common.config.ConfigLoader;
import relay.common.config.ConfigSources;
import relay.common.endpoint.AddressRange;
import relay.server.config.Limits;
import relay.server.config.ServerConfig;

/** Throttles as a configuration makes them. */
public final class Throttles {

  private Throttles() {}

  /**
   * @param limits what differs from the defaults, without {@code limits.}
   */
  public static Limits limits(Map<String, String> limits) {
    Map<String, String> keys = new HashMap<>();
    limits.forEach((key, value) -> keys.put("limits." + key, value));
    try {
      return new ConfigLoader<>(ServerConfig.class, Set.of())
          .load(
              new ConfigSources(
                  null, Map.of(), keys, Map.of("data-dir", "/data", "log.format", "text")))
          .limits();
    } catch (ConfigException e) {
      throw new AssertionError(e);
    }
  }

  static AuthThrottle of(
      Map<String, String> limits, String exempt, LongSupplier clock, RandomGenerator random) {
    return new AuthThrottle(limits(limits), List.of(AddressRange.of(exempt)), clock, random);
  }

  /** Lets the transport of one session in, with the default limits. */
  public static void admit(IoSession transport, InetAddress from) {
    AuthThrottle throttle = of(Map.of(), "192.0.2.1", System::nanoTime, new SplittableRandom());
    AuthThrottle.Decision decision = throttle.admit(from, why -> transport.close(true));
    transport.setAttribute(Admission.KEY, ((AuthThrottle.Decision.Admitted) decision).admission());
  }
}
