package relay.server.auth;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.AddressRange;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.server.config.Limits;

/**
 * What may be had without having logged in. A connection is refused where its source has to wait
 * for what it did before, or has too many already. Beyond that a newcomer always comes in; but when
 * many wait for their login, then by chance, and when all places are taken in any case, the one
 * that has been silent for longest has to go. So whoever holds connections open locks nobody out.
 *
 * <p>A source is an address, of IPv6 its first 64 bits: whoever has one of those has all of them.
 * Any thread; nothing waits.
 */
public final class AuthThrottle {

  /** How long a client may take to its next step before it can be the one that goes by chance. */
  private static final long SILENT = TimeUnit.SECONDS.toNanos(2);

  private static final int PREFIX_BYTES = 8;

  /** What {@link #admit} answers. */
  public sealed interface Decision {
    record Admitted(Admission admission) implements Decision {}

    record Refused(Refusal why) implements Decision {}
  }

  private final Limits limits;
  private final List<AddressRange> exempt;
  private final LongSupplier nanoTime;
  private final RandomGenerator random;
  private final Penalties penalties;
  private final DropLog log;

  /** In the order of their last steps, the oldest first. */
  private final Set<Admission> waiting = new LinkedHashSet<>();

  private final Map<InetAddress, Integer> bySource = new HashMap<>();

  /**
   * @param exempt sources without limit or penalties of their own
   * @param nanoTime a monotonic clock, as {@link System#nanoTime}
   * @param random need not be hard to guess
   */
  public AuthThrottle(
      Limits limits, List<AddressRange> exempt, LongSupplier nanoTime, RandomGenerator random) {
    this.limits = limits;
    this.exempt = List.copyOf(exempt);
    this.nanoTime = nanoTime;
    this.random = random;
    this.penalties =
        new Penalties(limits.penaltyMin(), limits.penaltyMax(), limits.penaltySources(), nanoTime);
    this.log = new DropLog(nanoTime);
  }

  /**
   * Decides on a new connection.
   *
   * @param end ends it, where it has to make room for another; called without a lock, on any thread
   */
  public Decision admit(InetAddress address, Consumer<Refusal> end) {
    InetAddress source = source(address);
    boolean free = exempt.stream().anyMatch(range -> range.contains(address));
    Refusal why = free ? null : penalty(source);
    Admission admission = new Admission(this, source, free, end, nanoTime.getAsLong());
    Admission displaced = null;
    if (why == null) {
      synchronized (this) {
        if (!free && bySource.getOrDefault(source, 0) >= limits.loginsPerSource()) {
          why =
              new Refusal(
                  RefusalCode.LOGIN_SOURCE,
                  limits.loginsPerSource() + " connections of your address wait for their login");
        } else {
          displaced = displaced();
          if (displaced != null) {
            leave(displaced);
            penalize(displaced);
          }
          waiting.add(admission);
          bySource.merge(source, 1, Integer::sum);
        }
      }
    }
    if (why != null) {
      log.refused(source, why);
      return new Decision.Refused(why);
    }
    if (displaced != null) {
      Refusal room =
          new Refusal(
              RefusalCode.LOGIN_DISPLACED,
              "too many wait for their login, and this one was silent for longest, or the least far");
      log.ended(displaced, room);
      displaced.end(room);
    }
    return new Decision.Admitted(admission);
  }

  private @Nullable Refusal penalty(InetAddress source) {
    long left = penalties.left(source);
    return left == 0
        ? null
        : new Refusal(
            RefusalCode.LOGIN_PENALTY,
            "your address has to wait for "
                + (TimeUnit.NANOSECONDS.toSeconds(left) + 1)
                + " s, after logins that came to nothing");
  }

  /** Who has to go for a newcomer, if anybody. */
  private @Nullable Admission displaced() {
    int chance = limits.startups().chance(waiting.size());
    if (chance == 0) {
      return null;
    }
    Admission oldest = waiting.iterator().next();
    boolean full = waiting.size() >= limits.startups().full();
    if (nanoTime.getAsLong() - oldest.lastStep >= SILENT) {
      return full || random.nextInt(100) < chance ? oldest : null;
    }
    return full ? Collections.min(waiting, Comparator.comparingInt(one -> one.steps)) : null;
  }

  synchronized void step(Admission admission) {
    if (waiting.remove(admission)) {
      admission.lastStep = nanoTime.getAsLong();
      admission.steps++;
      waiting.add(admission);
    }
  }

  boolean failed(Admission admission) {
    synchronized (this) {
      if (++admission.failures < limits.loginTries()) {
        return false;
      }
    }
    log.ended(
        admission,
        new Refusal(RefusalCode.LOGIN_TRIES, limits.loginTries() + " tries to log in failed"));
    return true;
  }

  void refused(Admission admission, Refusal why) {
    log.ended(admission, why);
  }

  synchronized void loggedIn(Admission admission) {
    leave(admission);
  }

  void late(Admission admission) {
    synchronized (this) {
      if (!waiting.contains(admission)) {
        return;
      }
      admission.late = true;
    }
    log.ended(
        admission,
        new Refusal(
            RefusalCode.LOGIN_LATE,
            "no login within " + limits.loginGrace().toMillis() / 1000.0 + " s"));
  }

  synchronized void closed(Admission admission) {
    if (leave(admission)) {
      penalize(admission);
    }
  }

  /** How many wait for their login. */
  public synchronized int waiting() {
    return waiting.size();
  }

  private boolean leave(Admission admission) {
    if (!waiting.remove(admission)) {
      return false;
    }
    bySource.computeIfPresent(admission.source(), (source, count) -> count == 1 ? null : count - 1);
    return true;
  }

  private void penalize(Admission admission) {
    if (admission.exempt()) {
      return;
    }
    Duration penalty = limits.penaltyNoTry();
    if (admission.late) {
      penalty = limits.penaltyLate();
    } else if (admission.failures > 0) {
      penalty = limits.penaltyFailed();
    }
    penalties.add(admission.source(), penalty);
  }

  static InetAddress source(InetAddress address) {
    if (!(address instanceof Inet6Address)) {
      return address;
    }
    try {
      byte[] bytes = address.getAddress();
      Arrays.fill(bytes, PREFIX_BYTES, bytes.length, (byte) 0);
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an address has the length of an address", e);
    }
  }
}
