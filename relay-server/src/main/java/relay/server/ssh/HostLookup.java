package relay.server.ssh;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Hosts' addresses as the machine itself finds them, hosts file and search domains included; on
 * threads of its own, since the system's lookup blocks.
 */
final class HostLookup {

  private static final int THREADS = 16;
  private static final int WAITING = 256;

  /** How the machine is asked; blocks. */
  interface Names {
    InetAddress[] addresses(String host) throws UnknownHostException;
  }

  private final Names names;
  private final Executor threads;
  private final Duration limit;

  HostLookup(Names names, Executor threads, Duration limit) {
    this.names = names;
    this.threads = threads;
    this.limit = limit;
  }

  /**
   * @param limit how long a lookup may take, waiting for a thread included
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
   * @return fails with {@link UnknownHostException} or {@link TimeoutException}
   */
  Promise<List<InetAddress>> find(String host, EventLoop loop) {
    Promise<List<InetAddress>> found = loop.newPromise();
    InetAddress literal = BindAddresses.literal(host);
    if (literal != null) {
      return found.setSuccess(List.of(literal));
    }
    try {
      threads.execute(() -> find(host, found));
    } catch (RejectedExecutionException e) {
      return found.setFailure(new TimeoutException("too many lookups at once"));
    }
    var late =
        loop.schedule(
            () -> found.tryFailure(new TimeoutException("the lookup takes too long")),
            limit.toMillis(),
            TimeUnit.MILLISECONDS);
    found.addListener(done -> late.cancel(false));
    return found;
  }

  private void find(String host, Promise<List<InetAddress>> found) {
    if (found.isDone()) {
      return; // nobody waits for it any more
    }
    try {
      found.trySuccess(List.of(names.addresses(host)));
    } catch (UnknownHostException | RuntimeException e) {
      found.tryFailure(e);
    }
  }
}
