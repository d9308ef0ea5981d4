package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import relay.server.admin.AdminClient;

/** {@code pool=true}: several sessions of one key on one name. */
class SharedNamesIT {

  @RegisterExtension
  final RelayNode node =
      RelayNode.with(
          "limits.open-timeout=2s",
          "limits.upstream-idle=1ms"); // a stopped one is not asked by an old stream

  /** A service that answers with its number. */
  private int service(int number) {
    return node.nginx("location = /who { return 200 \"" + number + "\"; }").port();
  }

  private Command forward(String person, String spec, int port, String... words) {
    return node.start(node.ssh(person).forward(spec + "127.0.0.1:" + port).to(words));
  }

  private String ask() {
    return node.curl("foo.localhost", "/who");
  }

  private Set<String> answers() {
    return new HashSet<>(IntStream.range(0, 8).mapToObj(i -> ask()).toList());
  }

  @Test
  void sessionsOfTheKey_haveTurns_andOnlyTheLivingServe() {
    forward("ann", "foo:80:", service(1), "pool=true").awaitOut("HTTP: ");
    // the words come after the forward: the first must have said so before the second asks
    Awaitility.await().untilAsserted(() -> assertThat(names()).contains("live, pool"));
    Command second = forward("ann", "foo:80:", service(2), "pool=true");
    second.awaitOut("HTTP: http://foo");
    node.awaitTunnels(2);
    assertThat(answers()).containsExactlyInAnyOrder("1\n200", "2\n200");
    Command ben = forward("ben", "foo:80:", service(3), "pool=true");
    ben.awaitOut("RELAY-NAME-TAKEN");
    Command twice =
        node.start(
            node.ssh("ann").forward("foo:80:127.0.0.1:1").forward("foo:443:127.0.0.1:1").console());
    twice.awaitOut("RELAY-NAME-TWICE: foo.localhost is forwarded in this session already");
    twice.close();
    node.awaitTunnels(2);

    second.signal("STOP");
    Awaitility.await().untilAsserted(() -> assertThat(answers()).containsExactly("1\n200"));
    second.signal("CONT");
    second.close();
    node.awaitTunnels(1);
    assertThat(answers()).containsExactly("1\n200");
  }

  private String names() {
    try {
      return String.join(
          "\n", AdminClient.ask(node.dataDir(), "{\"do\":\"names\"}", Duration.ofSeconds(5)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void serviceThatIsDown_isSkipped() {
    forward("ann", "foo:80:", service(1), "pool=true").awaitOut("HTTP: ");
    Awaitility.await().untilAsserted(() -> assertThat(names()).contains("live, pool"));
    forward("ann", "foo:80:", LocalService.freePort()).awaitOut("HTTP: ");
    node.awaitTunnels(2);
    Set<String> first = answers();
    assertThat(first).contains("1\n200");
    assertThat(answers()).as("it has failed a moment ago").containsExactly("1\n200");
  }

  @Test
  void withoutTheWord_theNextTakesOver_andTheWordIsTheNames() throws Exception {
    Command first = forward("ann", "foo:80:", service(1));
    first.awaitOut("HTTP: ");
    forward("ann", "foo:80:", service(2)).awaitOut("HTTP: ");
    first.awaitOut("RELAY-TAKEN-OVER");
    assertThat(answers()).containsExactly("2\n200");

    node.authorize("permitlisten=\"foo:80\" " + node.keys().publicKey("ann"));
    Command reserve = node.start(node.ssh("ann").to("reserve", "foo", "pool=true"));
    assertThat(reserve.exitStatus()).as("%s", reserve).isZero();
    node.stopServer();
    node.startServer();
    forward("ann", "foo:80:", service(3)).awaitOut("HTTP: ");
    forward("ann", "foo:80:", service(4)).awaitOut("HTTP: ");
    assertThat(answers()).containsExactlyInAnyOrder("3\n200", "4\n200");
    Command wrong = node.start(node.ssh("ann").to("reserve", "foo", "pool=maybe"));
    assertThat(wrong.exitStatus()).isEqualTo(1);
    assertThat(wrong.err()).contains("RELAY-OPTION-INVALID: 'pool=maybe': expected pool=true or");
    assertThat(node.start(node.ssh("ann").to("reserve", "foo", "pool=false")).exitStatus())
        .isZero();
    forward("ann", "foo:80:", service(5)).awaitOut("HTTP: ");
    assertThat(answers()).containsExactly("5\n200");
  }
}
