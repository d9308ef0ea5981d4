package relay.server.tunnel;

import java.util.Set;
import java.util.concurrent.CompletableFuture;
import relay.common.endpoint.Hostname;

/** What DNS says about who may have a domain. Any thread; nothing waits. */
@FunctionalInterface
public interface DomainRecords {

  /**
   * The ids of the identities to which the domain's owner gives it; none where he gives it to
   * nobody. Fails where DNS does not tell.
   */
  CompletableFuture<Set<String>> owners(Hostname domain);
}
