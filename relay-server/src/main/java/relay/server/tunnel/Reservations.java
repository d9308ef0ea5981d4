package relay.server.tunnel;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Hostname;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.common.endpoint.Untrusted;
import relay.server.auth.Identity;
import relay.server.tunnel.Ownership.Released;

/**
 * What the operator does with names and ports. A name is a label or the whole hostname, a port its
 * number. Futures fail with a {@link RefusedException}. Any thread.
 */
public final class Reservations {

  private static final int MAX_SHOWN = 80;

  private final Ownership ownership;
  private final HostnameAllocator names;

  public Reservations(TunnelRegistry registry, HostnameAllocator names) {
    this.ownership = registry.ownership();
    this.names = names;
  }

  /**
   * Somebody's name or port.
   *
   * @param name the whole hostname, or {@code port 4000}
   * @param owner an identity's id
   * @param state {@code live}, {@code held}, {@code reserved} or {@code quarantined}, some of them
   *     with {@code pool}
   */
  public record Listed(String name, String owner, String state) {}

  /** What somebody may reserve for himself. */
  @FunctionalInterface
  public interface Rule {
    /** Why not this name or port; null where he may. */
    @Nullable Refusal refusal(Object root);
  }

  /** All that somebody has, by name, ports last. */
  public List<Listed> list() {
    List<Listed> all = new ArrayList<>();
    ownership
        .owned()
        .forEach(
            (root, owned) -> all.add(new Listed(shown(root), owned.owner().id(), state(owned))));
    all.sort(
        Comparator.comparing((Listed one) -> one.name().startsWith("port "))
            .thenComparing(Listed::name));
    return all;
  }

  private static String state(Owned owned) {
    String live = owned.tunnels() > 0 ? "live" : "held";
    String pool = owned.pool() ? ", pool" : "";
    if (owned.reserved()) {
      return (owned.tunnels() > 0 ? "reserved, live" : "reserved") + pool;
    }
    return owned.quarantined() ? "quarantined" : live + pool;
  }

  /**
   * Gives a name or a port to an identity for ever.
   *
   * @param pool whether further sessions of it join on the name; null: as it was
   * @return how it is called
   */
  public CompletableFuture<String> reserve(String text, Identity owner, @Nullable Boolean pool) {
    return reserve(text, owner, pool, null);
  }

  /**
   * As the operator's, by the owner's own word: within his quota, and no name that only the
   * operator gives.
   *
   * @param rule what he may reserve
   */
  CompletableFuture<String> reserve(
      String text, Identity owner, @Nullable Boolean pool, @Nullable Rule rule) {
    Object root;
    try {
      root = root(text, true);
      if (pool != null && root instanceof Integer) {
        throw refused(
            RefusalCode.OPTION_INVALID, "'pool=" + pool + "' is for names, and not for a port");
      }
      if (rule != null) {
        if (root instanceof Hostname name) {
          names.chosen(name.firstLabel());
        }
        Refusal why = rule.refusal(root);
        if (why != null) {
          throw new RefusedException(why);
        }
      }
    } catch (RefusedException e) {
      return CompletableFuture.failedFuture(e);
    }
    int number = names.numberOf(owner, root);
    return kept(
        ownership.reserve(root, owner, number, shown(root), rule != null, pool), shown(root));
  }

  /**
   * What was given up.
   *
   * @param name how it is called
   * @param live whether tunnels ended with it, of which each is told and audited by its session
   */
  public record GivenUp(String name, boolean live) {}

  /**
   * Takes a name or a port from its owner; tunnels on it end. A key's own name goes into
   * quarantine, and the key has another from then on.
   *
   * @param by only from this one; null: from anybody
   */
  public CompletableFuture<GivenUp> release(String text, @Nullable Identity by) {
    Object root;
    try {
      root = root(text, false);
    } catch (RefusedException e) {
      return CompletableFuture.failedFuture(e);
    }
    Released released = ownership.free(root, by);
    if (released == null) {
      return CompletableFuture.failedFuture(
          refused(
              RefusalCode.NAME_UNKNOWN,
              by == null ? "nobody has " + shown(root) : shown(root) + " is not yours"));
    }
    Refusal why = new Refusal(RefusalCode.NAME_RELEASED, shown(root) + " was released");
    released.tunnels().forEach(tunnel -> tunnel.holder().lost(tunnel, why));
    boolean live = !released.tunnels().isEmpty();
    return kept(released.kept(), shown(root)).thenApply(name -> new GivenUp(name, live));
  }

  private static CompletableFuture<String> kept(CompletableFuture<Void> kept, String shown) {
    return kept.handle((done, thrown) -> {
      Throwable failure = thrown instanceof CompletionException ? thrown.getCause() : thrown;
      if (failure instanceof RefusedException refused) {
        throw new CompletionException(refused);
      } else if (failure != null) {
        throw new CompletionException(
            refused(
                RefusalCode.STORE_FAILED,
                shown + ": it cannot be written down: " + Untrusted.harmless("" + failure)));
      }
      return shown;
    });
  }

  private Object root(String text, boolean mustBeOurs) throws RefusedException {
    if (text.matches("[0-9]{1,9}")) {
      int port = Integer.parseInt(text);
      if (port < 1 || port > 65_535) {
        throw refused(RefusalCode.PORT_INVALID, "'" + port + "' is no port; 1 to 65535 are");
      }
      return port;
    }
    Hostname whole = text.indexOf('.') < 0 ? null : Hostname.parse(text);
    if (whole != null && names.domain().equals(whole.parent())) {
      return names.assignable(whole.firstLabel());
    }
    if (whole != null && !mustBeOurs) {
      return whole; // of another domain, which the relay had once
    }
    return names.assignable(text.length() > MAX_SHOWN ? text.substring(0, MAX_SHOWN) : text);
  }

  private static String shown(Object root) {
    return root instanceof Integer port ? "port " + port : root.toString();
  }

  private static RefusedException refused(RefusalCode code, String message) {
    return new RefusedException(new Refusal(code, message));
  }
}
