package relay.server.ssh;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.util.function.Supplier;
import relay.server.auth.Identity;

/**
 * One of something for each account, the same for all its sessions; what no session has any more is
 * forgotten sooner or later. Any thread.
 */
final class PerIdentity<T> {

  private final Cache<String, T> all = Caffeine.newBuilder().weakValues().build();
  private final Supplier<T> maker;

  PerIdentity(Supplier<T> maker) {
    this.maker = maker;
  }

  T of(Identity identity) {
    return all.get(identity.account(), account -> maker.get());
  }
}
