package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code direct-tcpip} channels (RFC 4254 §7.2) as the bytes say it. */
class RawWaysIT {

  private static final int CHANNELS = 8;

  @RegisterExtension
  final RelayNode node = RelayNode.with("limits.channels-per-session=" + CHANNELS);

  private RawClient ann;

  @BeforeEach
  void connect() throws IOException {
    ann = node.closing(new RawClient(node.sshPort(), node.keys().of("ann")));
  }

  private Command owner(LocalService service) {
    Command owner =
        node.start(node.ssh("ann").forward("foo:22:127.0.0.1:" + service.port()).console());
    owner.awaitOut("^TCP Alias: foo:22$");
    return owner;
  }

  @ParameterizedTest
  @CsvSource({
    "foo, 0, RELAY-PORT-INVALID",
    "foo, 65558, RELAY-PORT-INVALID", // 22, modulo 65536
    "foo, 4294967295, RELAY-PORT-INVALID",
    "foo, 23, RELAY-NO-SUCH-TUNNEL",
    "a.foo.localhost, 22, RELAY-NO-SUCH-TUNNEL",
    "localhost, 22, RELAY-NO-SUCH-TUNNEL",
    "127.0.0.1, 22, RELAY-NO-SUCH-TUNNEL",
    "::1, 22, RELAY-NO-SUCH-TUNNEL",
    "127.0.0.2, 22, RELAY-OPEN-NOT-ALLOWED",
    "0.0.0.0, 22, RELAY-OPEN-NOT-ALLOWED",
    "::ffff:127.0.0.1, 22, RELAY-NO-SUCH-TUNNEL",
    "foo.example.org, 22, RELAY-OPEN-NOT-ALLOWED",
    "'', 22, RELAY-OPEN-NOT-ALLOWED",
    "foo_bar, 22, RELAY-OPEN-NOT-ALLOWED",
  })
  void hostAndPort_thatAreNoTunnel_areRefused_alone(String host, long port, String code)
      throws Exception {
    owner(node.closing(LocalService.echo()));

    assertThat(ann.openDirect(host, port).answer()).startsWith("refused 1 relay: " + code + ": ");
    assertThat(ann.openDirect("foo", 22).answer()).isEqualTo("open");
  }

  @Test
  void hostileHost_isShownHarmless() throws Exception {
    assertThat(ann.openDirect("x\u001b[31m\r\n", 22).answer())
        .contains("'x\\u{1b}[31m\\u{d}\\u{a}:22'");
  }

  @Test
  void ownTunnel_ofTheSameSession_isReachedToo() throws Exception {
    int port = LocalService.freePort();
    Command ssh =
        node.start(
            node.ssh("ann")
                .forward("self:22:127.0.0.1:" + node.closing(LocalService.echo()).port())
                .with("-L", port + ":self:22")
                .console());
    ssh.awaitOut("^TCP Alias: self:22$");
    try (Socket socket = node.visit(port)) {
      assertThat(Octets.exchange(socket, 1, 1 << 20).get(10, TimeUnit.SECONDS))
          .isEqualTo(Octets.digest(1, 1 << 20));
    }
  }

  @Test
  void opensThatWait_countAsChannels_andAreGivenUpWithTheSession() throws Exception {
    Command owner = owner(node.closing(LocalService.echo()));
    owner.signal("STOP");
    List<RawClient.RawChannel> waiting = new ArrayList<>();
    for (int i = 0; i < CHANNELS - 1; i++) { // the owner has a console
      waiting.add(ann.openDirect("foo", 22));
    }
    Awaitility.await()
        .untilAsserted(() -> assertThat(node.server().census().streams()).isEqualTo(CHANNELS));
    RawClient.RawChannel one = ann.openDirect("foo", 22);
    assertThat(one.answer()).startsWith("refused 2 relay: RELAY-503-BUSY: ");
    RawClient.RawChannel last = ann.openDirect("foo", 22);
    assertThat(last.answer()).startsWith("refused 2 ");
    assertThat(waiting).noneMatch(RawClient.RawChannel::isAnswered);

    ann.close();
    owner.signal("CONT");
    Awaitility.await()
        .untilAsserted(() -> assertThat(node.server().census().streams()).isEqualTo(1));
  }

  @Test
  void channelsBeyondTheLimit_areRefused_andComeFreeAgain() throws Exception {
    for (int i = 0; i < 2; i++) {
      owners("n" + i);
    }
    List<RawClient.RawChannel> open = new ArrayList<>();
    for (int i = 0; i < CHANNELS; i++) {
      open.add(ann.openDirect("n" + i % 2, 22));
    }
    for (RawClient.RawChannel channel : open) {
      assertThat(channel.answer()).isEqualTo("open");
    }
    assertThat(ann.openDirect("n0", 22).answer())
        .isEqualTo(
            "refused 4 relay: RELAY-TOO-MANY-CHANNELS: all channels of the session are in use");
  }

  private void owners(String name) {
    Command owner =
        node.start(
            node.ssh("ann")
                .forward(name + ":22:127.0.0.1:" + node.closing(LocalService.echo()).port())
                .console());
    owner.awaitOut("^TCP Alias: " + name + ":22$");
  }

  @Test
  void manyRefusals_endNothing() throws Exception {
    owner(node.closing(LocalService.echo()));
    List<RawClient.RawChannel> refused = new ArrayList<>();
    for (int i = 0; i < 5_000; i++) {
      refused.add(ann.openDirect("nobody" + i, 22));
    }
    for (RawClient.RawChannel channel : refused) {
      assertThat(channel.answer()).startsWith("refused 1 relay: RELAY-NO-SUCH-TUNNEL");
    }
    assertThat(ann.openDirect("foo", 22).answer()).isEqualTo("open");
  }

  @Test
  void manyRefusals_areToldInPart_andTheRestCounted() throws Exception {
    AuditLines audit = node.closing(new AuditLines());
    List<RawClient.Answer> answers = new ArrayList<>();
    for (int i = 0; i < 2_000; i++) {
      answers.add(ann.forward("www", 80));
    }
    for (RawClient.Answer answer : answers) {
      assertThat(answer.text()).isEqualTo("refused");
    }
    Awaitility.await().until(() -> audit.of("refusal").stream().anyMatch(this::isRest));
    List<String> rest = audit.of("refusal").stream().filter(this::isRest).toList();
    assertThat(rest).hasSize(1);
    int told = audit.of("refusal").size() - 1;
    assertThat(told).isBetween(100, 400);
    assertThat(rest.get(0)).endsWith("reason=and " + (2_000 - told) + " more");
  }

  private boolean isRest(String line) {
    return line.contains("code=RELAY-REFUSALS-LEFT-OUT");
  }

  @Test
  void ownerKilled_isACut_andNoEnd() throws Exception {
    Command owner = owner(node.closing(LocalService.echo()));
    RawClient.RawChannel channel = ann.openDirect("foo", 22);
    assertThat(channel.answer()).isEqualTo("open");
    owner.signal("KILL");
    assertThat(channel.endsWhole()).isFalse();
  }

  @Test
  void serviceThatEnds_isAnEnd() throws Exception {
    owner(node.service(socket -> socket.getOutputStream().write('x')));
    RawClient.RawChannel channel = ann.openDirect("foo", 22);
    assertThat(channel.answer()).isEqualTo("open");
    assertThat(channel.endsWhole()).isTrue();
  }

  @Test
  void noMoreSessions_refusesLaterSessions_andNothingElse() throws Exception {
    owner(node.closing(LocalService.echo()));
    RawClient.RawChannel before = ann.open("session", none -> {});
    assertThat(before.answer()).isEqualTo("open");
    assertThat(ann.request("no-more-sessions@openssh.com", none -> {}).text()).isEqualTo("granted");

    assertThat(ann.open("session", none -> {}).answer())
        .isEqualTo(
            "refused 1 relay: RELAY-OPEN-NOT-ALLOWED: you asked that no more sessions be opened");
    assertThat(ann.openDirect("foo", 22).answer()).isEqualTo("open");
    assertThat(ann.forward("bar", 80).text()).isEqualTo("granted");
    assertThat(ann.open("session", none -> {}).answer()).startsWith("refused 1");
    try (RawClient other = new RawClient(node.sshPort(), node.keys().of("ann"))) {
      assertThat(other.open("session", none -> {}).answer()).isEqualTo("open");
    }
  }

  @Test
  void otherChannelTypes_areRefused() throws Exception {
    for (String type : new String[] {"x11", "auth-agent@openssh.com", "tun@openssh.com", ""}) {
      assertThat(ann.open(type, none -> {}).answer()).startsWith("refused 3 no such channel type");
    }
    assertThat(ann.open("session", none -> {}).answer()).isEqualTo("open");
  }
}
