package relay.server.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import relay.common.endpoint.Refusal;
import relay.common.stream.Transport;
import relay.server.auth.Grants;
import relay.server.auth.LineOptions;
import relay.server.config.PermitOpen;
import relay.server.tunnel.RefusedException;

/** What is decided of hosts that are no tunnel, before any connection. */
class OutsideHostsTest {

  private final EventLoopGroup loops = Transport.best().group("outside", 1);

  @AfterEach
  void stop() throws Exception {
    loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).get(10, TimeUnit.SECONDS);
  }

  private static OutsideHosts hosts(String permitOpen, HostLookup.Names names, Executor threads) {
    return new OutsideHosts(
        Arrays.stream(permitOpen.split(" ", -1)).map(PermitOpen::of).toList(),
        new HostLookup(names, threads, Duration.ofMillis(300)),
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
    Future<Channel> connected = hosts.connect(loops.next(), host, 5432);
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
    assertThat(connect(hosts("any", names, thread), "slow"))
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
}
