package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.net.Socket;
import java.time.Duration;
import java.time.Instant;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** {@code ssh host logs}: what happened to the tunnels of a key, from any other session of it. */
class LogsIT {

  @RegisterExtension final RelayNode node = RelayNode.with();

  private String local;

  @BeforeEach
  void serve() {
    local = "127.0.0.1:" + node.nginx("").port();
    Command owner =
        node.start(node.ssh("ann").forward("foo:80:" + local).forward("bar:80:" + local).console());
    owner.awaitOut("HTTP: http://bar");
  }

  private Command logs(String person, String... more) {
    Ssh ssh = node.ssh(person);
    String[] words = new String[more.length + 1];
    words[0] = "logs";
    System.arraycopy(more, 0, words, 1, more.length);
    return node.start(ssh.to(words));
  }

  private String ask(String person, String... more) {
    Command logs = logs(person, more);
    assertThat(logs.exitStatus()).as("%s", logs).isZero();
    return logs.out();
  }

  @Test
  void visitsAndRefusals_ofTheKeysTunnels_andNobodyElses() throws Exception {
    node.start(node.ssh("ben").forward("foo:80:" + local).console()).awaitOut("RELAY-NAME-TAKEN");
    node.start(node.ssh("ann").forward("www:80:" + local).console()).awaitOut("RELAY-NAME-RES");
    node.curl("foo.localhost", "/hello");
    node.curl("bar.localhost", "/none?a=b");

    Awaitility.await()
        .untilAsserted(() ->
            assertThat(ask("ann").lines())
                .satisfiesExactly(
                    line ->
                        assertThat(line)
                            .matches(
                                "\\S+Z  relay: RELAY-NAME-RESERVED: 'www' is no name below .*"),
                    line ->
                        assertThat(line)
                            .matches("\\S+Z  foo.localhost  GET /hello  200  \\S+ ms  127.0.0.1"),
                    line ->
                        assertThat(line)
                            .matches("\\S+Z  bar.localhost  GET /none\\?a=b  404  .*")));
    assertThat(ask("ann", "BAR").lines()).singleElement().asString().contains("/none?a=b");
    assertThat(ask("ann", "www").lines()).singleElement().asString().contains("NAME-RESERVED");
    assertThat(ask("ann", "nothing")).isEmpty();
    assertThat(ask("ben").lines())
        .singleElement()
        .asString()
        .contains("relay: RELAY-NAME-TAKEN: foo.localhost belongs to another key");
  }

  @Test
  void json_isOneObjectALine() throws Exception {
    Instant before = Instant.now().minusSeconds(1);
    node.start(node.ssh("ann").forward("www:80:" + local).console()).awaitOut("RELAY-NAME-RES");
    node.curl("foo.localhost", "/hello");
    Awaitility.await().untilAsserted(() -> assertThat(ask("ann", "--json").lines()).hasSize(2));
    String[] lines = ask("ann", "--json").split("\n", -1);
    JsonNode refusal = new JsonMapper().readTree(lines[0]);
    assertThat(refusal.get("event").asText()).isEqualTo("refusal");
    assertThat(refusal.get("about").asText()).isEqualTo("www:80");
    assertThat(refusal.get("code").asText()).isEqualTo("RELAY-NAME-RESERVED");
    JsonNode visit = new JsonMapper().readTree(lines[1]);
    assertThat(visit.get("endpoint").asText()).isEqualTo("foo.localhost");
    assertThat(visit.get("method").asText()).isEqualTo("GET");
    assertThat(visit.get("target").asText()).isEqualTo("/hello");
    assertThat(visit.get("status").asInt()).isEqualTo(200);
    assertThat(visit.get("visitor").asText()).isEqualTo("127.0.0.1");
    assertThat(Instant.parse(visit.get("time").asText())).isBetween(before, Instant.now());
  }

  @Test
  void follow_goesOn_untilItIsEnded() throws Exception {
    node.curl("foo.localhost", "/before");
    Awaitility.await().untilAsserted(() -> assertThat(ask("ann")).contains("/before"));
    Command all = logs("ann", "--follow");
    Command foo = logs("ann", "foo", "--follow", "--json");
    Command bens = logs("ben", "--follow");
    all.awaitOut("foo.localhost  GET /before");
    foo.awaitOut("\"target\":\"/before\"");
    node.curl("bar.localhost", "/bar");
    node.curl("foo.localhost", "/after");
    all.awaitOut("bar.localhost  GET /bar");
    all.awaitOut("foo.localhost  GET /after");
    foo.awaitOut("\"target\":\"/after\"");
    assertThat(foo.out()).doesNotContain("/bar");
    assertThat(all.out().lines()).hasSize(3);
    assertThat(bens.out()).isEmpty();
    all.signal("TERM");
    assertThat(all.exitStatus(Duration.ofSeconds(5))).isNotZero();
    assertThat(foo.isAlive()).isTrue();
  }

  @Test
  void follow_onATerminal_endsWithCtrlC() throws Exception {
    Command logs = node.start(node.ssh("ann").with("-tt").to("logs", "--follow"));
    node.curl("foo.localhost", "/x");
    logs.awaitOut("GET /x");
    logs.stdin().write(3);
    logs.stdin().flush();
    assertThat(logs.exitStatus()).isEqualTo(130);
  }

  @Test
  void hostileVisitor_isHarmless_asTextAndAsJson() throws Exception {
    String[] targets = {
      "/esc\u001b[31m",
      "/c1\u009b31m",
      "/bidi\u00e2\u0080\u00ae",
      "/cr\rx",
      "/bel\u0007",
      "/%1b[31m"
    };
    for (String target : targets) {
      try (Socket visitor = node.visit(node.httpPort())) {
        Wire.send(
            visitor,
            "GET " + target + "y".repeat(400) + " HTTP/1.1\r\nHost: foo.localhost\r\n\r\n");
        Wire.answer(visitor.getInputStream());
      }
    }
    Awaitility.await().untilAsserted(() -> assertThat(ask("ann")).contains("/%1b[31myyy"));
    for (String out : new String[] {ask("ann"), ask("ann", "--json")}) {
      assertThat(out.chars()).noneMatch(c -> c != '\n' && Character.isISOControl(c));
      assertThat(out).doesNotContain("\u202e", "y".repeat(201));
    }
    assertThat(ask("ann", "foo", "--json")).contains("\"target\":\"/%1b[31myyy");
  }
}
