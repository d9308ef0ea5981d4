package relay.server.tunnel;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Endpoint;
import relay.server.auth.Identity;

/**
 * What the {@link TunnelRegistry} knows of one name or port. Immutable; times are the registry's
 * clock, in nanoseconds.
 *
 * @param live the tunnels, none while the entry is only held
 * @param heldUntil means something only while {@code live} is empty
 * @param number which of the owner's own names it is; 0 for another
 * @param quarantined whether the hold of an own name is over, and {@code heldUntil} the end of its
 *     quarantine
 * @param had whether it was its owner's before the tunnels that live now
 * @param seen what visitors by HTTP may know of it
 * @param kept whether it is written down
 */
record Entry(
    Identity owner,
    Map<Endpoint, Tunnel> live,
    long heldUntil,
    boolean reserved,
    int number,
    boolean quarantined,
    boolean had,
    Seen seen,
    CompletableFuture<Void> kept) {

  /** Whether a name was ever one that visitors ask for: what is private is not told to exist. */
  enum Seen {
    /** Since it was taken before the server started. */
    UNKNOWN,
    BY_HTTP,
    PRIVATE;

    private Seen with(Tunnel tunnel) {
      if (this == BY_HTTP || tunnel.endpoint() instanceof Endpoint.Http) {
        return BY_HTTP;
      }
      return PRIVATE;
    }
  }

  /** The first that an owner has there. */
  static Entry of(Tunnel tunnel, int number, CompletableFuture<Void> kept) {
    Map<Endpoint, Tunnel> live = Map.of(tunnel.endpoint(), tunnel);
    Seen seen = Seen.UNKNOWN.with(tunnel);
    return new Entry(tunnel.owner(), live, 0, false, number, false, false, seen, kept);
  }

  /** What nobody serves. */
  static Entry idle(
      Identity owner,
      long until,
      boolean reserved,
      int number,
      boolean quarantined,
      CompletableFuture<Void> kept) {
    return new Entry(
        owner, Map.of(), until, reserved, number, quarantined, true, Seen.UNKNOWN, kept);
  }

  /** With one more, in the place of that on its endpoint. */
  Entry with(Tunnel tunnel) {
    Map<Endpoint, Tunnel> more = new HashMap<>(live);
    more.put(tunnel.endpoint(), tunnel);
    return new Entry(
        owner, Map.copyOf(more), 0, reserved, number, false, had, seen.with(tunnel), kept);
  }

  /** Without one that came to nothing. */
  Entry without(Endpoint endpoint, long until) {
    return new Entry(owner, rest(endpoint), until, reserved, number, false, had, seen, kept);
  }

  /** Without one that its owner had: held from now on. */
  Entry released(Endpoint endpoint, long until) {
    return new Entry(owner, rest(endpoint), until, reserved, number, false, true, seen, kept);
  }

  private Map<Endpoint, Tunnel> rest(Endpoint endpoint) {
    Map<Endpoint, Tunnel> rest = new HashMap<>(live);
    rest.remove(endpoint);
    return Map.copyOf(rest);
  }

  /** Where it is reserved no longer, a hold that is over ends now. */
  Entry reserved(boolean now, long until) {
    return new Entry(owner, live, until, now, number, quarantined && !now, had, seen, kept);
  }

  Entry numbered(int of) {
    return new Entry(owner, live, heldUntil, reserved, of, quarantined, had, seen, kept);
  }

  /** How it is written down while it is its owner's. */
  Title title() {
    return reserved ? Title.reserved(owner.id(), number) : Title.taken(owner.id(), number);
  }

  /** Whether others may have it. */
  boolean isOver(long now, long quarantine) {
    return isFreeAfter(now, number > 0 && !quarantined ? heldUntil + quarantine : heldUntil);
  }

  boolean isQuarantined(long now) {
    return number > 0 && (quarantined || isFreeAfter(now, heldUntil));
  }

  private boolean isFreeAfter(long now, long end) {
    return live.isEmpty() && !reserved && now - end >= 0;
  }

  /** Whether some path is served, so that the rest of the name is not offline, but not there. */
  boolean servesHttp() {
    return live.keySet().stream().anyMatch(Endpoint.Http.class::isInstance);
  }

  /** Whether visitors by HTTP are told that it is kept for somebody. */
  boolean isShownHeld() {
    return seen != Seen.PRIVATE && !servesHttp();
  }

  /** The tunnel of the longest path that covers a request's target, or null. */
  @Nullable Tunnel covering(String target) {
    Tunnel best = null;
    int length = -1;
    for (Tunnel tunnel : live.values()) {
      if (tunnel.endpoint() instanceof Endpoint.Http http
          && http.path().value().length() > length
          && http.path().covers(target)) {
        best = tunnel;
        length = http.path().value().length();
      }
    }
    return best;
  }
}
