package relay.server.ssh;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import relay.server.auth.Identity;

/**
 * Hosts' addresses as the machine itself finds them, hosts file and search domains included; on
 * threads of its own, since the system's lookup blocks, for half a minute where a DNS server is
 * silent. So each identity has a few of them at once, and its own queue behind these: whoever asks
 * for names that nobody answers for waits alone. Any thread.
 */
final class HostLookup {

  private static final int THREADS = 64;
  private static final int EACH = 4;
  private static final int WAITING_EACH = 256;

  /** Of all identities together, for a thread. */
  private static final int WAITING = 1024;

  /** How the machine is asked; blocks. */
  interface Names {
    InetAddress[] addresses(String host) throws UnknownHostException;
  }

  private record Lookup(String host, Promise<List<InetAddress>> found) {}

  /** What one identity has asked. */
  private static final class Asked {
    private final Queue<Lookup> waiting = new ArrayDeque<>();
    private int underWay;
  }

  private final Names names;
  private final Executor threads;
  private final Duration limit;

  /** By identity; one that asks nothing has none. Guards itself and what is in it. */
  private final Map<String, Asked> asked = new HashMap<>();

  HostLookup(Names names, Executor threads, Duration limit) {
    this.names = names;
    this.threads = threads;
    this.limit = limit;
  }

  /**
   * @param limit how long a lookup may take, waiting for its turn included
   */
  static HostLookup ofTheMachine(Duration limit) {
    ThreadPoolExecutor threads =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            30,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(WAITING),
            new DefaultThreadFactory("relay-lookup", true));
    threads.allowCoreThreadTimeOut(true);
    return new HostLookup(InetAddress::getAllByName, threads, limit);
  }

  /**
   * Looks a host up; an address is itself.
   *
   * @param loop where the result's listeners run
   * @return fails with {@link UnknownHostException} or {@link TimeoutException}; one that is
   *     cancelled before its turn is never asked
   */
  Promise<List<InetAddress>> find(Identity who, String host, EventLoop loop) {
    Promise<List<InetAddress>> found = loop.newPromise();
    InetAddress literal = BindAddresses.literal(host);
    if (literal != null) {
      return found.setSuccess(List.of(literal));
    }
    var late =
        loop.schedule(
            () -> found.tryFailure(new TimeoutException("the lookup takes too long")),
            limit.toMillis(),
            TimeUnit.MILLISECONDS);
    found.addListener(done -> late.cancel(false));
    Lookup lookup = new Lookup(host, found);
    if (isItsTurn(who.id(), lookup)) {
      run(who.id(), lookup);
    }
    return found;
  }

  private boolean isItsTurn(String who, Lookup lookup) {
    synchronized (asked) {
      Asked own = asked.computeIfAbsent(who, id -> new Asked());
      if (own.underWay < EACH) {
        own.underWay++;
        return true;
      }
      own.waiting.removeIf(one -> own.waiting.size() >= WAITING_EACH && one.found().isDone());
      if (own.waiting.size() < WAITING_EACH) {
        own.waiting.add(lookup);
        return false;
      }
    }
    lookup.found().tryFailure(tooMany());
    return false;
  }

  private void run(String who, Lookup lookup) {
    try {
      threads.execute(() -> {
        Lookup next = lookup;
        while (next != null) {
          find(next);
          next = next(who);
        }
      });
    } catch (RejectedExecutionException e) {
      for (Lookup none = lookup; none != null; none = next(who)) {
        none.found().tryFailure(tooMany());
      }
    }
  }

  /** What the identity waits for behind one that is done. */
  private @Nullable Lookup next(String who) {
    synchronized (asked) {
      Asked own = asked.get(who);
      if (own == null) {
        throw new IllegalStateException("one of its lookups is under way");
      }
      for (Lookup next = own.waiting.poll(); next != null; next = own.waiting.poll()) {
        if (!next.found().isDone()) { // else nobody waits for it any more
          return next;
        }
      }
      if (--own.underWay == 0) {
        asked.remove(who);
      }
      return null;
    }
  }

  private static TimeoutException tooMany() {
    return new TimeoutException("too many lookups at once");
  }

  private void find(Lookup lookup) {
    if (lookup.found().isDone()) {
      return;
    }
    try {
      lookup.found().trySuccess(List.of(names.addresses(lookup.host())));
    } catch (UnknownHostException | RuntimeException e) {
      lookup.found().tryFailure(e);
    }
  }
}
