package relay.server.tunnel;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import relay.server.auth.Identity;

/**
 * The table of names and ports, by their roots, and when each is whose no longer. Look-ups take no
 * lock, a change is one atomic step on its entry. Any thread.
 */
final class Entries {

  private final ConcurrentHashMap<Object, Entry> entries = new ConcurrentHashMap<>();
  private final long hold;
  private final long quarantine;
  private final Quota quota;
  private final Titles titles;
  private final LongSupplier nanoTime;

  /**
   * @param hold how long a dropped name or port is kept for its owner
   * @param quarantine how long nobody else may have an identity's own name after that
   * @param nanoTime a monotonic clock, as {@link System#nanoTime}
   */
  Entries(Duration hold, Duration quarantine, Quota quota, Titles titles, LongSupplier nanoTime) {
    this.hold = hold.toNanos();
    this.quarantine = quarantine.toNanos();
    this.quota = quota;
    this.titles = titles;
    this.nanoTime = nanoTime;
  }

  /** What somebody had before the start: its hold begins anew. */
  void restore(Object root, Title title) {
    Identity owner = new Identity(title.owner(), title.owner());
    Duration left = title.quarantine();
    quota.take(owner);
    long nanos = left == null ? hold : Math.min(quarantine, saturated(left));
    entries.put(root, Entry.restored(owner, title, nanoTime.getAsLong() + nanos));
  }

  /** A clock that was wrong may have made it longer than a number of nanoseconds can be. */
  private static long saturated(Duration duration) {
    return TimeUnit.MILLISECONDS.toNanos(duration.toMillis());
  }

  /** What is known of a name or port, though others may have it by now; or null. */
  @Nullable Entry get(Object root) {
    return entries.get(root);
  }

  /** What is somebody's: live, held, reserved, or in quarantine; or null. */
  @Nullable Entry owned(Object root) {
    Entry entry = entries.get(root);
    return entry == null || isOver(entry) ? null : entry;
  }

  /** All that is somebody's. */
  void forEachOwned(BiConsumer<Object, Entry> action) {
    entries.forEach((root, entry) -> {
      if (!isOver(entry)) {
        action.accept(root, entry);
      }
    });
  }

  /** Everything that is known. */
  Iterable<Entry> all() {
    return entries.values();
  }

  /** A change of what is there, or of nothing: an entry that others may have is given as null. */
  void compute(Object root, Function<@Nullable Entry, @Nullable Entry> change) {
    Ends ends = new Ends(hold);
    entries.compute(root, (key, found) -> change.apply(unlessOver(key, found, ends)));
    ends.audit();
  }

  private @Nullable Entry unlessOver(Object root, @Nullable Entry entry, Ends ends) {
    if (entry == null || !isOver(entry)) {
      return entry;
    }
    quota.release(entry.owner());
    ends.add(root, entry);
    return null;
  }

  /** A change of what is there, even where others may have it. */
  void computeIfPresent(Object root, Function<Entry, @Nullable Entry> change) {
    entries.computeIfPresent(root, (key, entry) -> change.apply(entry));
  }

  /** What becomes of an entry that is nobody's from now on. Within a change. */
  @Nullable Entry gone(Object root, Entry entry) {
    quota.release(entry.owner());
    if (entry.owner().mayReturn()) { // else it was never written down
      unheard(titles.remove(root));
    }
    return null;
  }

  /** Where this is lost, the name is held once more after the next start, and no longer. */
  static void unheard(CompletableFuture<Void> change) {
    change.exceptionally(failure -> null);
  }

  /** Forgets the names and ports whose hold is over. */
  void sweep() {
    for (Object root : entries.keySet()) {
      Ends ends = new Ends(hold);
      entries.computeIfPresent(
          root,
          (key, entry) -> {
            if (isOver(entry)) {
              ends.add(root, entry);
              return gone(root, entry);
            }
            if (!isQuarantined(entry) || entry.quarantined()) {
              return entry;
            }
            ends.add(root, entry);
            return quarantined(root, entry);
          });
      ends.audit();
    }
  }

  /** Of an own name whose hold is over. */
  private Entry quarantined(Object root, Entry entry) {
    long until = entry.heldUntil() + quarantine;
    long left = Math.max(0, until - nanoTime.getAsLong());
    Title title = Title.quarantined(entry.owner().id(), entry.number(), Duration.ofNanos(left));
    unheard(titles.put(root, title));
    return Entry.quarantined(entry.owner(), entry.number(), until);
  }

  /** The quarantine of an own name that is given up now, not yet written down. */
  Entry quarantined(Entry entry) {
    return Entry.quarantined(entry.owner(), entry.number(), nanoTime.getAsLong() + quarantine);
  }

  /** How that is written down. */
  Title quarantineOf(Entry entry) {
    return Title.quarantined(entry.owner().id(), entry.number(), Duration.ofNanos(quarantine));
  }

  /** When a hold ends that begins now. */
  long heldUntil() {
    return nanoTime.getAsLong() + hold;
  }

  long now() {
    return nanoTime.getAsLong();
  }

  boolean isOver(Entry entry) {
    return entry.isOver(nanoTime.getAsLong(), quarantine);
  }

  boolean isQuarantined(Entry entry) {
    return entry.isQuarantined(nanoTime.getAsLong());
  }
}
