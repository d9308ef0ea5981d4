package relay.server.tunnel;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Hostname;
import relay.common.endpoint.Refusal;
import relay.server.auth.Identity;

/**
 * Whose names and ports are, whether tunnels are on them or not: what is reserved, given up and
 * listed. Any thread; each change is one atomic step.
 */
final class Ownership {

  private final Entries entries;
  private final Quota quota;
  private final Titles titles;

  Ownership(Entries entries, Quota quota, Titles titles) {
    this.entries = entries;
    this.quota = quota;
    this.titles = titles;
  }

  /**
   * Gives a name or a port to an identity for ever.
   *
   * @param number which of the owner's own names it is; 0 for another
   * @param shown how messages name it
   * @param bounded whether the identity asks itself: then its quota counts, and nobody is named
   * @param pool whether further sessions join from now on; null: as it was
   * @return done when it is written down; fails with a {@link RefusedException} where it is
   *     another's
   */
  CompletableFuture<Void> reserve(
      Object root,
      Identity owner,
      int number,
      String shown,
      boolean bounded,
      @Nullable Boolean pool) {
    List<CompletableFuture<Void>> kept = new ArrayList<>();
    boolean[] before = new boolean[1];
    entries.compute(
        root,
        entry -> {
          if (entry == null) {
            if (!bounded) {
              quota.take(owner);
            } else if (!quota.acquire(owner)) {
              kept.add(CompletableFuture.failedFuture(new RefusedException(quota.refusal())));
              return null;
            }
            entry = Entry.fresh(owner, number, Entry.KEPT);
          } else if (!entry.isOf(owner)) {
            Refusal why = Conflict.reservation(root, shown, entry, bounded);
            kept.add(CompletableFuture.failedFuture(new RefusedException(why)));
            return entry;
          }
          before[0] = entry.reserved();
          entry = entry.numbered(Math.max(entry.number(), number)).reserved(true, entries.now());
          if (pool != null) {
            entry = entry.pooled(pool);
          }
          kept.add(titles.put(root, entry.title()));
          return entry;
        });
    return kept.get(0)
        .whenComplete((done, failure) -> {
          if (failure != null && !(failure instanceof RefusedException) && !before[0]) {
            entries.computeIfPresent(root, entry -> entry.reserved(false, entries.now()));
          }
        });
  }

  /**
   * What became of a name or a port that was given up.
   *
   * @param tunnels those that it had
   * @param kept done when it is written down
   */
  record Released(List<Tunnel> tunnels, CompletableFuture<Void> kept) {}

  /**
   * Takes a name or a port from its owner. An own name goes into quarantine, and its owner has
   * another from then on.
   *
   * @param by only from this one; null: from anybody
   * @return null where nobody has it
   */
  @Nullable Released free(Object root, @Nullable Identity by) {
    Released[] released = new Released[1];
    entries.computeIfPresent(
        root,
        entry -> {
          if (entries.isOver(entry) || (by != null && !entry.isOf(by))) {
            return entry;
          }
          List<Tunnel> tunnels = entry.live();
          if (!entry.owner().mayReturn()) {
            released[0] = new Released(tunnels, Entry.KEPT);
            return entries.gone(root, entry);
          }
          if (entry.number() == 0) {
            quota.release(entry.owner());
            released[0] = new Released(tunnels, titles.remove(root));
            return null;
          }
          if (!entries.isQuarantined(entry)) {
            Entries.unheard(titles.advance(entry.owner().id(), entry.number()));
          }
          released[0] = new Released(tunnels, titles.put(root, entries.quarantineOf(entry)));
          return entries.quarantined(entry);
        });
    return released[0];
  }

  /** Who has a name or a port, or null. */
  @Nullable Owned owned(Object root) {
    Entry entry = entries.owned(root);
    return entry == null ? null : owned(entry);
  }

  private Owned owned(Entry entry) {
    return new Owned(
        entry.owner(),
        entry.reserved(),
        entry.pool(),
        entry.live().size(),
        entries.isQuarantined(entry));
  }

  /** Who has what, and how. */
  Map<Object, Owned> owned() {
    Map<Object, Owned> all = new HashMap<>();
    entries.forEachOwned((root, entry) -> all.put(root, owned(entry)));
    return all;
  }

  /** Whether further sessions of its owner join on the name. */
  boolean isPool(Object root) {
    Entry entry = entries.get(root);
    return entry != null && entry.pool();
  }

  /**
   * Says whether further sessions of a name's owner join. Who is on it stays, either way.
   *
   * @param owner only where it is this one's
   */
  void pool(Hostname name, Identity owner, boolean pool) {
    entries.computeIfPresent(
        name,
        entry -> {
          if (entry.pool() == pool || entries.isOver(entry) || !entry.isOf(owner)) {
            return entry;
          }
          Entry changed = entry.pooled(pool);
          if (owner.mayReturn()) {
            Entries.unheard(titles.put(name, changed.title()));
          }
          return changed;
        });
  }
}
