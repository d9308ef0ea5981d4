package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who has no key to hand gives a token, when the real ssh asks for it. */
class TokenIT {

  private static final Duration SOON = Duration.ofSeconds(5);

  @RegisterExtension final RelayNode node = RelayNode.with();

  private String service;

  @BeforeEach
  void serve() {
    service = "127.0.0.1:" + node.nginx("").port();
  }

  private JsonNode create(String more) throws IOException {
    JsonNode made = node.ask("{\"do\":\"token-create\",\"label\":\"ci\"" + more + "}");
    assertThat(made.path("ok").asBoolean()).as("%s", made.path("message")).isTrue();
    return made;
  }

  private Ssh ssh(JsonNode token) throws IOException {
    return node.sshAnswering("relay", token.path("token").asText());
  }

  @ParameterizedTest
  @ValueSource(strings = {"keyboard-interactive", "password"})
  void token_letsIn_asTheSameEachTime(String method) throws Exception {
    JsonNode token = create("");
    String own = "";
    for (int i = 0; i < 2; i++) {
      Ssh words = ssh(token).option("PreferredAuthentications=" + method);
      Command ssh = node.start(words.forward("80:" + service).console());
      String url = ssh.awaitOut("HTTP: http://([^:]+):");
      assertThat(node.curl(url, "/hello")).isEqualTo("hello from nginx\n\n200");
      assertThat(own).isIn("", url);
      own = url;
      ssh.close();
    }
    Command other = node.start(ssh(create("")).forward("80:" + service).console());
    assertThat(other.awaitOut("HTTP: http://([^:]+):")).isNotEqualTo(own);
    Command whoami = node.start(ssh(token).to("whoami"));
    assertThat(whoami.exitStatus()).isZero();
    assertThat(whoami.out())
        .contains("identity: ci\n", "fingerprint: token:" + token.path("id").asText() + "\n");
  }

  @Test
  void wrongToken_isRefused_asAWrongKeyIs() throws Exception {
    create("");
    String unknown = "relay_aaaaaaaa_" + "a".repeat(26);
    Command ssh = node.start(node.sshAnswering("tuser", unknown).noCommand());

    assertThat(ssh.exitStatus()).isEqualTo(255);
    assertThat(ssh.err())
        .endsWith("tuser@127.0.0.1: Permission denied (publickey,keyboard-interactive,password).");
    Command named = node.start(node.sshAnswering(unknown, "x").noCommand());
    assertThat(named.exitStatus()).isEqualTo(255);
  }

  @Test
  void withoutAnyToken_noneIsAskedFor() throws Exception {
    JsonNode token = create("");
    JsonNode revoked =
        node.ask("{\"do\":\"token-revoke\",\"token\":\"" + token.path("id").asText() + "\"}");
    assertThat(revoked.path("ok").asBoolean()).isTrue();
    Command ssh = node.start(ssh(token).noCommand());

    assertThat(ssh.exitStatus()).isEqualTo(255);
    assertThat(ssh.err()).isEqualTo("relay@127.0.0.1: Permission denied (publickey).");
  }

  @Test
  void revoked_isCut_andMayNotComeBack_andNobodyElse() throws Exception {
    JsonNode token = create("");
    Command other = node.start(ssh(create("")).forward("other:80:" + service).console());
    other.awaitOut("HTTP: ");
    Command ann = node.start(node.ssh("ann").forward("anns:80:" + service).console());
    ann.awaitOut("HTTP: ");
    Command ssh = node.start(ssh(token).forward("cis:80:" + service).console());
    ssh.awaitOut("HTTP: ");
    long start = System.nanoTime();
    node.ask("{\"do\":\"token-revoke\",\"token\":\"" + token.path("token").asText() + "\"}");

    assertThat(ssh.exitStatus()).isEqualTo(255);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(SOON);
    assertThat(ssh.err()).contains("relay: RELAY-TOKEN-REVOKED: your token was revoked");
    assertThat(node.curl("cis.localhost", "/hello")).endsWith("503");
    assertThat(node.start(ssh(token).noCommand()).exitStatus()).isEqualTo(255);
    assertThat(other.isAlive()).isTrue();
    assertThat(ann.isAlive()).isTrue();
  }

  @Test
  void expired_isCut() throws Exception {
    JsonNode token = create(",\"expires\":\"8s\"");
    Command ssh = node.start(ssh(token).forward("cis:80:" + service).console());
    ssh.awaitOut("HTTP: ");

    assertThat(ssh.exitStatus()).isEqualTo(255);
    assertThat(ssh.err()).contains("relay: RELAY-KEY-EXPIRED: the time of your token is over");
    assertThat(node.start(ssh(token).noCommand()).exitStatus()).isEqualTo(255);
  }

  @Test
  void options_holdForTheToken_asForAKey() throws Exception {
    JsonNode token = create(",\"options\":\"command=\\\"x\\\",permitlisten=\\\"shop-*:80\\\"\"");
    Command ssh =
        node.start(
            ssh(token).forward("shop-a:80:" + service).forward("foo:80:" + service).console());
    ssh.awaitOut("relay: your token has no console here; the tunnels work");
    node.awaitTunnels(1);
    assertThat(node.curl("shop-a.localhost", "/hello")).endsWith("200");
    JsonNode everything = create("");
    String to = ",\"to\":\"token:" + everything.path("id").asText() + "\"}";
    assertThat(node.ask("{\"do\":\"reserve\",\"name\":\"foo\"" + to).path("ok").asBoolean())
        .isTrue();
    Command owner = node.start(ssh(everything).forward("foo:80:" + service).console());
    owner.awaitOut("HTTP: http://foo.localhost");
    Command ann = node.start(node.ssh("ann").forward("foo:80:" + service).console());
    ann.awaitOut("RELAY-NAME-TAKEN: foo.localhost is reserved for another key");
    Command banner = node.start(ssh(token).noCommand());
    banner.awaitErr(
        "RELAY-NOT-PERMITTED: foo.localhost is not permitted by your token,"
            + " which may listen on shop-\\*:80$");
  }

  @Test
  void token_isInNoLog_right_wrong_orInAWrongPlace() throws Exception {
    try (LogLines log = new LogLines()) {
      JsonNode token = create("");
      String text = token.path("token").asText();
      String wrong = text.substring(0, text.length() - 4) + "aaaa";
      Command right = node.start(ssh(token).forward("foo:80:" + service).console());
      right.awaitOut("HTTP: ");
      assertThat(node.start(node.sshAnswering("relay", wrong).noCommand()).exitStatus())
          .isEqualTo(255);
      assertThat(node.start(node.sshAnswering(text, "x").noCommand()).exitStatus()).isEqualTo(255);
      Command place = node.start(ssh(token).forward(text + "@foo:80:" + service).console());
      place.awaitOut("RELAY-");
      log.await("login-refused");
      node.ask("{\"do\":\"token-revoke\",\"token\":\"" + text + "\"}");
      assertThat(right.exitStatus()).isEqualTo(255);
      assertThat(place.exitStatus()).isEqualTo(255);

      assertThat(log.all()).contains("token:" + token.path("id").asText());
      String secret = text.substring(text.length() - 26, text.length() - 4);
      assertThat(log.all().toLowerCase(Locale.ROOT)).doesNotContain(secret);
      assertThat(right.out() + right.err() + place.out()).doesNotContain(secret);
    }
  }
}
