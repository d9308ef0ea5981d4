package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.NetUtil;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What strangers may have: loopback, from which all of them come here, is not exempt. */
class BeforeLoginIT {

  @RegisterExtension
  final RelayNode node =
      RelayNode.with(
          "ssh.exempt-sources=192.0.2.1",
          "limits.logins-per-source=3",
          "limits.startups=10:30:30",
          "limits.login-grace=4s");

  private LogLines log;

  @BeforeEach
  void listen() {
    log = node.closing(new LogLines());
  }

  private Socket connect(String from) throws IOException {
    Socket socket = node.closing(new Socket());
    socket.setSoTimeout(20_000);
    socket.bind(new InetSocketAddress(NetUtil.createInetAddressFromIpAddressString(from), 0));
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), node.sshPort()));
    return socket;
  }

  private static String rest(Socket socket) throws IOException {
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
  }

  /** Whether ssh gets in from there; what it says goes into the failure. */
  private void assertComesIn(String from) {
    Command ssh = node.start(node.ssh("ann").with("-b", from).noCommand());
    ssh.awaitErr("^relay: -R 80 is ");
    ssh.close();
  }

  private Command stranger(String from) {
    Ssh words = new Ssh(node.knownHosts(), node.keys().of("stranger"), node.sshPort(), "root");
    Command ssh = node.start(words.with("-v", "-b", from).noCommand());
    assertThat(ssh.exitStatus()).isEqualTo(255);
    return ssh;
  }

  @Test
  void source_whoseLoginsFail_waits_andOthersDoNot() {
    for (int i = 0; i < 3; i++) {
      assertThat(stranger("127.0.0.9").err()).contains("Permission denied (publickey).");
    }
    assertComesIn("127.0.0.9"); // three times 5 s, of which a part has passed
    Awaitility.await()
        .untilAsserted(() ->
            assertThat(stranger("127.0.0.9").err())
                .containsPattern(
                    "banner line 0: relay: RELAY-LOGIN-PENALTY: your address has to wait for"
                        + " 1[4-9] s, after logins that came to nothing"));
    log.await("127.0.0.9 kept out: relay: RELAY-LOGIN-PENALTY: .*");
    assertComesIn("127.0.0.10");
  }

  @Test
  void source_whoseTokensAreWrong_waits_andOthersDoNot() throws Exception {
    String token = node.ask("{\"do\":\"token-create\"}").path("token").asText();
    String wrong = "relay_aaaaaaaa_" + "a".repeat(26);
    for (int i = 0; i < 3; i++) {
      Command ssh = node.start(byToken(wrong, "127.0.0.9"));
      assertThat(ssh.exitStatus()).isEqualTo(255);
    }
    Awaitility.await()
        .untilAsserted(() -> {
          Command ssh = node.start(byToken(wrong, "127.0.0.9"));
          assertThat(ssh.exitStatus()).isEqualTo(255);
          assertThat(ssh.err()).contains("RELAY-LOGIN-PENALTY");
        });
    node.start(byToken(token, "127.0.0.10")).awaitErr("^relay: -R 80 is ");
  }

  private List<String> byToken(String token, String from) throws IOException {
    return node.sshAnswering("relay", token).with("-v", "-b", from).noCommand();
  }

  @Test
  void source_withTooManyConnections_isTold_andOthersComeIn() throws Exception {
    for (int i = 0; i < 3; i++) {
      assertThat(Wire.until(connect("127.0.0.9").getInputStream(), "\r\n")).startsWith("SSH-2.0-");
    }
    assertThat(rest(connect("127.0.0.9")))
        .isEqualTo(
            "relay: RELAY-LOGIN-SOURCE: 3 connections of your address wait for their login\r\n");
    log.await("127.0.0.9 kept out: relay: RELAY-LOGIN-SOURCE: .*");
    assertComesIn("127.0.0.10");
    assertComesIn("127.0.0.10");
  }

  @Test
  void silentOne_isLate_afterTheGrace() throws Exception {
    Socket silent = connect("127.0.0.9");
    assertThat(rest(silent)).startsWith("SSH-2.0-");
    log.await("127.0.0.9 kept out: relay: RELAY-LOGIN-LATE: no login within 4.0 s");
  }

  @Test
  void triesThatFail_areSix() {
    Ssh words = new Ssh(node.knownHosts(), node.keys().of("wrong0"), node.sshPort(), "anybody");
    for (int i = 1; i < 7; i++) {
      words.with("-i", node.keys().of("wrong" + i).toString());
    }
    Command ssh = node.start(words.with("-b", "127.0.0.9").noCommand());
    assertThat(ssh.exitStatus()).isEqualTo(255);
    assertThat(ssh.err()).contains("Too many authentication failures");
    log.await("127.0.0.9 kept out: relay: RELAY-LOGIN-TRIES: 6 tries to log in failed");
  }

  @Test
  void manySilent_makeRoom_soThatEverybodyComesIn() throws Exception {
    List<Socket> silent = new ArrayList<>();
    for (int i = 0; i < 150; i++) {
      silent.add(connect("127.0.1." + i));
    }
    Awaitility.await().until(() -> node.server().census().sshConnections() == 30);
    log.await(
        "127.0.1.[0-9]+ kept out: relay: RELAY-LOGIN-DISPLACED: too many wait for their login,"
            + " and this one was silent for longest, or the least far");
    assertThat(rest(silent.get(0))).as("it ends").matches("(SSH-2.0-[^\\r]+\\r\\n)?");
    for (int i = 0; i < 5; i++) {
      assertComesIn("127.0.0.10");
    }
  }
}
