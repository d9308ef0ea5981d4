package relay.server.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import relay.common.endpoint.Refusal;
import relay.common.stream.Transport;
import relay.server.auth.Grants;
import relay.server.auth.Identity;
import relay.server.auth.LineOptions;
import relay.server.config.PermitOpen;
import relay.server.tunnel.RefusedException;

/** What is decided of hosts that are no tunnel, before any connection. */
class OutsideHostsTest {

  private static final Identity ANN = new Identity("SHA256:ann", "ann");
  private static final Identity BEN = new Identity("SHA256:ben", "ben");

  private final EventLoopGroup loops = Transport.best().group("outside", 1);

  @AfterEach
  void stop() throws Exception {
    loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).get(10, TimeUnit.SECONDS);
  }

  private static OutsideHosts hosts(String permitOpen, HostLookup.Names names, Executor threads) {
    return hosts(permitOpen, names, threads, Duration.ofSeconds(10));
  }

  private static OutsideHosts hosts(
      String permitOpen, HostLookup.Names names, Executor threads, Duration limit) {
    return new OutsideHosts(
        Arrays.stream(permitOpen.split(" ", -1)).map(PermitOpen::of).toList(),
        new HostLookup(names, threads, limit),
        new OutsideAddresses(port -> false, address -> false),
        Transport.best());
  }

  private static OutsideHosts hosts(String permitOpen) {
    return hosts(
        permitOpen,
        host -> {
          throw new AssertionError("nothing is looked up");
        },
        Runnable::run);
  }

  /** A key that lists one host and port, or with {@code -} has nothing to say. */
  private static Grants key(String listed) {
    return listed.equals("-") ? Grants.ALL : LineOptions.grants("permitopen=\"" + listed + "\"");
  }

  @ParameterizedTest
  @CsvSource({
    "listed, -, not listed by your key's permitopen",
    "listed, other:5432, not listed by your key's permitopen",
    "listed, db:5432, ''",
    "any, -, ''",
    "any, db:5432, ''",
    "any, other:5432, not among your key's permitopen",
    "none, -, the server's permit-open does not list it",
    "none, db:5432, the server's permit-open does not list it",
    "db:5432, -, ''",
    "db:5432, db:5432, ''",
    "db:5432, other:5432, not among your key's permitopen",
    "other:5432, -, the server's permit-open does not list it",
    "other:5432, db:5432, the server's permit-open does not list it",
    "other:1 db:*, -, ''",
    "other:1 listed, db:5432, ''",
  })
  void server_andKey_bothPermit(String server, String key, String why) {
    Refusal refusal = hosts(server).refusal("db", 5432, key(key));
    if (why.isEmpty()) {
      assertThat(refusal).isNull();
    } else {
      assertThat(String.valueOf(refusal)).contains("'db:5432' is").contains(why);
    }
  }

  private Throwable connect(OutsideHosts hosts, String host) throws Exception {
    Future<Channel> connected = hosts.connect(ANN, loops.next(), host, 5432);
    assertThat(connected.await(5, TimeUnit.SECONDS)).isTrue();
    assertThat(connected.isSuccess()).isFalse();
    return connected.cause();
  }

  private static HostLookup.Names leadingTo(String... addresses) {
    return host -> Arrays.stream(addresses).map(BindAddresses::literal).toArray(InetAddress[]::new);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"127.0.0.1", "::1", "169.254.169.254", "fe80::1", "0.0.0.0", "64:ff9b::7f00:1"})
  void nameThatLeadsInside_isRefused_alsoByOneAddressOfSeveral(String inside) throws Exception {
    for (HostLookup.Names names :
        List.of(
            leadingTo(inside), leadingTo("203.0.113.7", inside), leadingTo(inside, "1.1.1.1"))) {
      assertThat(connect(hosts("any", names, Runnable::run), "evil.example.org"))
          .isInstanceOf(RefusedException.class)
          .hasMessageStartingWith(
              "relay: RELAY-OPEN-NOT-ALLOWED: 'evil.example.org:5432' leads to an address");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.2", "169.254.169.254", "::ffff:127.0.0.2", "0.0.0.0", "fe80::1"})
  void addressInside_isRefused_withoutALookup(String literal) throws Exception {
    assertThat(connect(hosts("any"), literal))
        .hasMessageStartingWith("relay: RELAY-OPEN-NOT-ALLOWED: '" + literal);
  }

  @Test
  void unknownName_isSaidSo() throws Exception {
    HostLookup.Names names =
        host -> {
          throw new UnknownHostException(host);
        };
    assertThat(connect(hosts("any", names, Runnable::run), "nobody"))
        .hasMessage("relay: RELAY-CONNECT-FAILED: 'nobody:5432': Name or service not known");
  }

  @Test
  void lookupThatHangs_isGivenUp() throws Exception {
    CountDownLatch answer = new CountDownLatch(1);
    HostLookup.Names names =
        host -> {
          try {
            answer.await(10, TimeUnit.SECONDS);
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
          return new InetAddress[] {InetAddress.getLoopbackAddress()};
        };
    Executor thread = task -> new Thread(task, "lookup").start();
    assertThat(connect(hosts("any", names, thread, Duration.ofMillis(300)), "slow"))
        .hasMessage("relay: RELAY-CONNECT-FAILED: 'slow:5432': Connection timed out");
    answer.countDown();
  }

  @Test
  void lookupsBeyondWhatMayWait_areRefused() throws Exception {
    Executor full =
        task -> {
          throw new RejectedExecutionException();
        };
    assertThat(connect(hosts("any", leadingTo("203.0.113.7"), full), "one"))
        .hasMessageStartingWith("relay: RELAY-CONNECT-FAILED: 'one:5432': ");
  }

  /** Names that end in {@code dead} are answered for when the test lets them be. */
  private static final class SomeDead implements HostLookup.Names {
    final CountDownLatch answer = new CountDownLatch(1);
    final Set<String> asked = ConcurrentHashMap.newKeySet();

    @Override
    public InetAddress[] addresses(String host) throws UnknownHostException {
      asked.add(host);
      if (host.endsWith("dead")) {
        try {
          answer.await(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
      throw new UnknownHostException(host);
    }
  }

  @Test
  void namesThatNobodyAnswersFor_delayWhoAsksForThemAlone() throws Exception {
    SomeDead names = new SomeDead();
    ExecutorService threads = Executors.newFixedThreadPool(16);
    HostLookup lookup = new HostLookup(names, threads, Duration.ofSeconds(8));
    EventLoop loop = loops.next();
    try {
      List<Promise<List<InetAddress>>> anns =
          IntStream.range(0, 100).mapToObj(i -> lookup.find(ANN, i + ".dead", loop)).toList();

      Promise<List<InetAddress>> bens = lookup.find(BEN, "nobody", loop);
      assertThat(bens.await(5, TimeUnit.SECONDS)).isTrue();
      assertThat(bens.cause()).isInstanceOf(UnknownHostException.class);
      await().until(() -> names.asked.size() >= 4 + 1);
      assertThat(names.asked).hasSize(4 + 1);

      anns.subList(0, 99).forEach(one -> one.cancel(false));
      names.answer.countDown();
      assertThat(anns.get(99).await(5, TimeUnit.SECONDS)).isTrue();
      assertThat(names.asked).as("who has gone is not asked for").hasSize(4 + 1 + 1);
      Promise<List<InetAddress>> later = lookup.find(ANN, "later", loop);
      assertThat(later.await(5, TimeUnit.SECONDS)).isTrue();
      assertThat(names.asked).contains("later");
    } finally {
      names.answer.countDown();
      threads.shutdown();
      assertThat(threads.awaitTermination(5, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void lookupsOfOneIdentity_beyondItsQueue_areRefused() throws Exception {
    SomeDead names = new SomeDead();
    ExecutorService threads = Executors.newFixedThreadPool(16);
    HostLookup lookup = new HostLookup(names, threads, Duration.ofSeconds(8));
    EventLoop loop = loops.next();
    try {
      for (int i = 0; i < 4 + 256; i++) {
        lookup.find(ANN, i + ".dead", loop);
      }
      Promise<List<InetAddress>> one = lookup.find(ANN, "more.dead", loop);
      assertThat(one.await(5, TimeUnit.SECONDS)).isTrue();
      assertThat(one.cause()).hasMessage("too many lookups at once");
    } finally {
      names.answer.countDown();
      threads.shutdown();
      assertThat(threads.awaitTermination(5, TimeUnit.SECONDS)).isTrue();
    }
  }
}
