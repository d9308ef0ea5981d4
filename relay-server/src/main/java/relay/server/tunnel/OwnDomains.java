package relay.server.tunnel;

import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import relay.common.endpoint.Hostname;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.server.auth.Identity;
import relay.server.tunnel.Ownership.Released;

/**
 * Domains of the users themselves: an identity has one while DNS says so. It is asked at each
 * claim, and now and then while the domain is served. Any thread; nothing waits.
 */
public final class OwnDomains {

  private static final Logger LOG = LoggerFactory.getLogger(OwnDomains.class);

  /** DNS may take seconds for each; more at once would look like an attack on it. */
  private static final int AT_ONCE = 16;

  private final Hostname domain;
  private final Ownership ownership;
  private final DomainRecords records;
  private final AtomicBoolean rechecking = new AtomicBoolean();

  /**
   * @param domain names below it are no concern of this class
   */
  public OwnDomains(Hostname domain, TunnelRegistry registry, DomainRecords records) {
    this.domain = domain;
    this.ownership = registry.ownership();
    this.records = records;
  }

  /**
   * Asks DNS whether the identity may have a domain. Where it may, and who has it may not any more,
   * it is taken from him.
   *
   * @return why not; null where it may
   */
  CompletableFuture<@Nullable Refusal> refusal(Hostname asked, Identity identity) {
    return records
        .owners(asked)
        .handle((owners, failure) -> {
          if (failure != null) {
            LOG.info("{}: {}", asked, failure.toString());
            return new Refusal(
                RefusalCode.DOMAIN_LOOKUP,
                asked + ": DNS does not tell whose it is; ask again later");
          }
          if (!owners.contains(identity.id())) {
            return new Refusal(
                RefusalCode.DOMAIN_UNPROVEN,
                asked
                    + " is not known to be yours; put a TXT record at _relay."
                    + asked
                    + ": "
                    + identity.id());
          }
          Owned owned = ownership.owned(asked);
          if (owned != null && !owned.reserved() && !owners.contains(owned.owner().id())) {
            detach(asked, owned.owner());
          }
          return null;
        });
  }

  /**
   * Asks about every domain that is served, in so many rows as may be asked at once; those that are
   * lost end. While the last round has not ended there is no other.
   *
   * @return done when the round is over
   */
  public CompletableFuture<Void> recheck() {
    if (!rechecking.compareAndSet(false, true)) {
      LOG.info("domains are not rechecked: the last round has not ended");
      return CompletableFuture.completedFuture(null);
    }
    CompletableFuture<?>[] rows = new CompletableFuture<?>[AT_ONCE];
    Arrays.fill(rows, CompletableFuture.completedFuture(null));
    int[] next = new int[1];
    ownership
        .owned()
        .forEach((root, owned) -> {
          if (root instanceof Hostname name && !name.isUnder(domain) && owned.tunnels() > 0) {
            int row = next[0]++ % AT_ONCE;
            rows[row] = rows[row].thenCompose(done -> recheck(name));
          }
        });
    return CompletableFuture.allOf(rows).whenComplete((done, failure) -> rechecking.set(false));
  }

  private CompletableFuture<Void> recheck(Hostname name) {
    return records
        .owners(name)
        .handle((Set<String> owners, @Nullable Throwable failure) -> {
          Owned owned = ownership.owned(name);
          if (failure != null) {
            LOG.info("{} is not rechecked: {}", name, failure.toString());
          } else if (owned != null && !owners.contains(owned.owner().id())) {
            detach(name, owned.owner());
          }
          return null;
        });
  }

  private void detach(Hostname name, Identity owner) {
    Released released = ownership.free(name, owner);
    if (released == null) {
      return;
    }
    LOG.info("{} is taken from {}: DNS does not give it to him any more", name, owner);
    Refusal why =
        new Refusal(
            RefusalCode.DOMAIN_LOST, name + ": its TXT record does not name your key any more");
    released.tunnels().forEach(tunnel -> tunnel.holder().lost(tunnel, why));
  }
}
