package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code tcpip-forward} and its cancel (RFC 4254 §7.1) as the bytes say it. */
class RawForwardsIT {

  @RegisterExtension final RelayNode node = RelayNode.with();

  private RawClient ann;

  @BeforeEach
  void connect() throws IOException {
    ann = node.closing(new RawClient(node.sshPort(), node.keys().of("ann")));
  }

  @ParameterizedTest
  @ValueSource(longs = {65536, 65536 + 80, 65536 + 4000, 0xffff_ffffL})
  void portAbove65535_isRefused_andNotTakenModulo(long port) throws Exception {
    assertThat(ann.forward("localhost", port).text()).isEqualTo("refused");
    assertThat(node.server().census().tunnels()).isZero();
    assertThat(ann.forward("alive", 80).text()).isEqualTo("granted");
  }

  @Test
  void answer_hasAPort_onlyWhereZeroWasAsked() throws Exception {
    int port = LocalService.freePort();
    assertThat(ann.forward("localhost", port).text()).isEqualTo("granted");
    assertThat(ann.forward("foo", 80).text()).isEqualTo("granted");
    assertThat(ann.forward("localhost", 0).text()).matches("granted 2\\d{4}");
  }

  @Test
  void whatIsAskedBehindAPendingForward_isAnsweredBehindIt() throws Exception {
    List<RawClient.Answer> answers = new ArrayList<>();
    for (int i = 0; i < 40; i++) { // more than may wait
      answers.add(ann.forward("", 0));
      answers.add(ann.request("keepalive@openssh.com", none -> {}));
      answers.add(ann.forward("n" + i, 80));
      answers.add(ann.request("no-such@example.org", none -> {}));
    }
    for (int i = 0; i < 40; i++) {
      assertThat(answers.get(4 * i).text()).matches("granted 2\\d{4}");
      assertThat(answers.get(4 * i + 1).text()).isEqualTo("refused");
      assertThat(answers.get(4 * i + 2).text()).isEqualTo("granted");
      assertThat(answers.get(4 * i + 3).text()).isEqualTo("refused");
    }
  }

  @Test
  void cancel_takesTheVeryHostAndPort_andOnce() throws Exception {
    int port = LocalService.freePort();
    ann.forward("localhost", port).text();
    try (RawClient other = new RawClient(node.sshPort(), node.keys().of("ann"))) {
      assertThat(other.cancel("localhost", port).text()).isEqualTo("refused");
    }
    assertThat(ann.cancel("127.0.0.1", port).text()).isEqualTo("refused");
    assertThat(ann.cancel("", port).text()).isEqualTo("refused");
    assertThat(ann.cancel("localhost", port + 1).text()).isEqualTo("refused");
    assertThat(Listening.on(port)).isNotEmpty();

    assertThat(ann.cancel("localhost", port).text()).isEqualTo("granted");
    Awaitility.await().untilAsserted(() -> assertThat(Listening.on(port)).isEmpty());
    assertThat(ann.cancel("localhost", port).text()).isEqualTo("refused");
  }

  @Test
  void cancelOfAnAllocatedPort_namesThatPort_notZero() throws Exception {
    int port = Integer.parseInt(ann.forward("", 0).text().split(" ")[1]);

    assertThat(ann.cancel("", 0).text()).isEqualTo("refused");
    assertThat(ann.cancel("", port).text()).isEqualTo("granted");
    Awaitility.await().untilAsserted(() -> assertThat(Listening.on(port)).isEmpty());
  }

  @Test
  void cancelSentBehindItsForward_withoutWaiting_takesItBack() throws Exception {
    List<RawClient.Answer> answers = new ArrayList<>();
    List<Integer> ports = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      int port = LocalService.freePort();
      ports.add(port);
      answers.add(ann.forward("localhost", port));
      answers.add(ann.cancel("localhost", port));
    }
    for (RawClient.Answer answer : answers) {
      assertThat(answer.text()).isEqualTo("granted");
    }
    assertThat(node.server().census().tunnels()).isZero();
    for (int port : ports) {
      Awaitility.await().untilAsserted(() -> assertThat(Listening.on(port)).isEmpty());
    }
  }
}
