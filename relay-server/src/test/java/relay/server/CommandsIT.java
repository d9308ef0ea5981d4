package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The words that {@code ssh host WORD} answers. */
class CommandsIT {

  @RegisterExtension final RelayNode node = RelayNode.with();

  private String local;

  @BeforeEach
  void serve() {
    local = "127.0.0.1:" + node.nginx("").port();
  }

  private Command open(String person, String spec) {
    Command ssh = node.start(node.ssh(person).forward(spec + local).console());
    ssh.awaitOut("HTTP: |TCP: ");
    return ssh;
  }

  /** What the command prints, which must succeed. */
  private String ask(String person, String... words) {
    Command ssh = node.start(node.ssh(person).to(words));
    assertThat(ssh.exitStatus()).as("%s", ssh).isZero();
    assertThat(withoutBanner(ssh.err())).isEmpty();
    return ssh.out();
  }

  private void assertRefused(String person, String command, String line) {
    Command ssh = node.start(node.ssh(person).to(command));
    assertThat(ssh.exitStatus()).isEqualTo(1);
    assertThat(ssh.out()).isEmpty();
    assertThat(withoutBanner(ssh.err())).startsWith(line).doesNotContain("\u001b");
  }

  private static String withoutBanner(String err) {
    return err.lines()
        .filter(line -> !line.contains("-R 80 is "))
        .collect(Collectors.joining("\n"));
  }

  private static List<JsonNode> objects(String lines) {
    return lines.lines().map(CommandsIT::json).toList();
  }

  private static JsonNode json(String line) {
    try {
      return new JsonMapper().readTree(line);
    } catch (JsonProcessingException e) {
      throw new AssertionError(line, e);
    }
  }

  @Test
  void ls_listsTheTunnelsOfAllSessionsOfTheKey_andNobodyElses() {
    Instant before = Instant.now().minusSeconds(1);
    int port = LocalService.freePort();
    open("ann", "foo:80:");
    open("ann", port + ":");
    open("ben", "bar:80:");
    assertThat(ask("ben", "ls")).doesNotContain("foo");
    node.curl("foo.localhost", "/hello");
    node.curl("foo.localhost", "/hello");

    String url = "http://foo.localhost:" + node.httpPort();
    Awaitility.await()
        .untilAsserted(() ->
            assertThat(ask("ann", "ls").lines())
                .satisfiesExactly(
                    line ->
                        assertThat(line)
                            .matches("foo\\.localhost  " + url + "  since \\S+Z  visitors 2"),
                    line ->
                        assertThat(line)
                            .matches(
                                "port %d  localhost:%d  since \\S+Z  visitors 0"
                                    .formatted(port, port))));
    List<JsonNode> objects = objects(ask("ann", "ls", "--json"));
    assertThat(objects).hasSize(2);
    assertThat(objects.get(0).get("endpoint").asText()).isEqualTo("foo.localhost");
    assertThat(objects.get(0).get("url").asText()).isEqualTo(url);
    assertThat(objects.get(0).get("visitors").asInt()).isEqualTo(2);
    assertThat(Instant.parse(objects.get(0).get("since").asText()))
        .isBetween(before, Instant.now());
    assertThat(objects(ask("ann", "stats", "--json")))
        .singleElement()
        .satisfies(stats -> {
          assertThat(stats.get("tunnels").asInt()).isEqualTo(2);
          assertThat(stats.get("sessions").asInt()).isEqualTo(2);
          assertThat(stats.get("visitors").asInt()).isEqualTo(2);
        });
  }

  @Test
  void whoami_tellsTheKey_andWhereItComesFrom() {
    String fingerprint =
        Command.run("ssh-keygen", "-lf", node.keys().of("ann").toString()).split(" ", -1)[1];
    assertThat(ask("ann", "whoami"))
        .contains("identity: ann", "fingerprint: " + fingerprint, "source: 127.0.0.1");
    assertThat(objects(ask("ann", "whoami", "--json")))
        .singleElement()
        .satisfies(who -> {
          assertThat(who.get("fingerprint").asText()).isEqualTo(fingerprint);
          assertThat(who.get("user").asText()).isEqualTo("relay");
          assertThat(who.get("console").asBoolean()).isTrue();
        });
  }

  @Test
  void help_listsWhatThereIs() {
    assertThat(ask("ann", "help"))
        .contains("  ls  ", "  rm NAME  ", "  whoami  ", "host-header=", "force-https=");
    assertThat(objects(ask("ann", "help", "--json")))
        .anySatisfy(object -> assertThat(object.path("command").asText()).isEqualTo("rm NAME"))
        .anySatisfy(object -> assertThat(object.path("option").asText()).isEqualTo("strip-path"));
  }

  @Test
  void rm_endsATunnelOfAnotherSession_andNothingElse() {
    Command session =
        node.start(node.ssh("ann").forward("foo:80:" + local).forward("bar:80:" + local).console());
    session.awaitOut("HTTP: http://bar");
    assertRefused(
        "ben", "rm foo", "relay: RELAY-NO-SUCH-TUNNEL: 'foo' is no tunnel of yours; ls lists them");

    assertThat(ask("ann", "rm", "FOO")).isEqualTo("foo.localhost is ended");

    session.awaitOut(
        "^relay: RELAY-TUNNEL-REMOVED: foo.localhost was ended from another session of your key$");
    assertThat(node.curl("foo.localhost", "/hello")).endsWith("503");
    assertThat(node.curl("bar.localhost", "/hello")).endsWith("200");
    assertRefused("ann", "rm foo", "relay: RELAY-NO-SUCH-TUNNEL: ");
    String url = "http://bar.localhost:" + node.httpPort();
    assertThat(objects(ask("ann", "rm", url, "--json")))
        .singleElement()
        .satisfies(object -> assertThat(object.get("removed").asText()).isEqualTo("bar.localhost"));
    assertThat(session.isAlive()).isTrue();
  }

  @Test
  void visit_isShownBeforeTheLineBehindIt() throws Exception {
    Command session = open("ann", "foo:80:");
    RawClient raw = node.closing(new RawClient(node.sshPort(), node.keys().of("ann")));
    RawClient.RawChannel console = raw.open("session", none -> {});
    assertThat(console.answer()).isEqualTo("open");

    assertThat(node.curl("foo.localhost", "/hello")).endsWith("200");
    raw.request(console, "exec", words -> words.putString("rm foo"));

    session.awaitOut("RELAY-TUNNEL-REMOVED");
    assertThat(session.out()).containsPattern("GET /hello  200[^\n]*\nrelay: RELAY-TUNNEL-REMOVED");
  }

  @Test
  void rm_ofAPort_endsTheClientThatHasIt() {
    int port = LocalService.freePort();
    String at = local.substring(local.indexOf(':') + 1);
    Command client = node.relay("ann", "tcp", at, "--remote-port", Integer.toString(port));
    client.awaitOut("localhost:" + port);

    assertThat(ask("ann", "rm", Integer.toString(port))).isEqualTo("port " + port + " is ended");
    assertThat(client.exitStatus()).isEqualTo(6);
    node.awaitTunnels(0);
  }

  @Test
  void wrongWords_areErrorsThatTellWhatIsExpected() {
    assertRefused("ann", "ls foo", "relay: RELAY-OPTION-INVALID: 'ls foo': expected ls [--json]");
    assertRefused("ann", "rm", "relay: RELAY-OPTION-INVALID: 'rm': expected rm NAME [--json]");
    assertRefused("ann", "ls --all", "relay: RELAY-OPTION-INVALID: 'ls --all': expected ls");
    assertRefused(
        "ann",
        "rm a\u001b[31m\u202e",
        "relay: RELAY-NO-SUCH-TUNNEL: 'a\\u{1b}[31m\\u{202e}' is no tunnel of yours");
    Command ssh = node.start(node.ssh("ann").to("lst"));
    assertThat(ssh.exitStatus()).isEqualTo(1);
    assertThat(withoutBanner(ssh.err()))
        .startsWith("relay: RELAY-UNKNOWN-OPTION: 'lst' is no option; known are ")
        .endsWith("; or a command: help, whoami, ls, rm, reserve, release, logs, stats");
  }

  @Test
  void keyWithoutAConsole_hasNoCommands() throws Exception {
    node.authorize("command=\"x\" " + node.keys().publicKey("ann"));
    assertRefused("ann", "ls", "relay: RELAY-OPTION-INVALID: 'ls': your key has no console here");
  }

  @Test
  void keysOnATerminal_areAnswered_andTheSessionGoesOn() throws Exception {
    Path shown = node.directory().resolve("shown");
    List<String> words = new ArrayList<>(List.of("sh", "-c", "exec \"$@\" >" + shown, "sh"));
    words.addAll(node.ssh("ann").with("-tt").forward("foo:80:" + local).console());
    Command ssh = node.start(words);
    Awaitility.await().until(() -> text(shown).contains("HTTP: "));
    press(ssh, '?');
    Awaitility.await().until(() -> text(shown).contains("Ctrl-C  ends the session"));
    assertThat(text(shown)).contains("\r\n?       these keys\r\n", "\r\nl       your tunnels");
    Awaitility.await()
        .until(() -> {
          press(ssh, 'l');
          return text(shown).contains("\r\nfoo.localhost  http://foo.localhost:");
        });
    assertThat(node.curl("foo.localhost", "/hello")).endsWith("200");
  }

  @Test
  void reserve_keepsWhatTheKeysLineNames_alsoAcrossARestart() throws Exception {
    int port = LocalService.freePort();
    node.authorize(
        "permitlisten=\"foo:80\",permitlisten=\"shop-*:80\",permitlisten=\"%d\" %s"
            .formatted(port, node.keys().publicKey("ann")),
        node.keys().publicKey("ben"));

    assertThat(ask("ann", "reserve", "FOO")).isEqualTo("relay: foo.localhost is reserved for you");
    assertThat(objects(ask("ann", "reserve", "" + port, "--json")))
        .singleElement()
        .satisfies(object -> assertThat(object.get("reserved").asText()).isEqualTo("port " + port));
    node.stopServer();
    node.startServer();
    Command ben =
        node.start(
            node.ssh("ben").forward("foo:80:" + local).forward(port + ":" + local).console());
    ben.awaitOut("RELAY-NAME-TAKEN: foo.localhost is reserved for another key");
    ben.awaitOut("RELAY-PORT-TAKEN: port " + port + " is reserved for another key");
    open("ann", "foo:80:");
    assertThat(ask("ann", "release", "foo")).isEqualTo("relay: foo.localhost is released");
  }

  @Test
  void reserve_ofWhatOnlyAWildcardOrNoListPermits_isRefused() throws Exception {
    node.authorize(
        "permitlisten=\"shop-*:80\",permitlisten=\"www:80\",permitlisten=\"localhost:80\" "
            + node.keys().publicKey("ann"),
        node.keys().publicKey("ben"));
    String refused = "relay: RELAY-NOT-PERMITTED: %s may be reserved where permitlisten names it";
    assertRefused("ann", "reserve shop-a", refused.formatted("shop-a.localhost"));
    assertRefused("ann", "reserve 4000", refused.formatted("port 4000"));
    assertRefused("ben", "reserve foo", refused.formatted("foo.localhost"));
    assertRefused("ann", "reserve www", "relay: RELAY-NAME-RESERVED: 'www' is no name below");
    assertRefused("ben", "reserve 22", "relay: RELAY-PORT-NOT-ALLOWED: port 22 may not be asked");
    assertRefused("ben", "reserve a\u001b[1m", "relay: RELAY-NAME-INVALID: 'a\\u{1b}[1m' is no");
    assertRefused(
        "ben", "reserve", "relay: RELAY-OPTION-INVALID: 'reserve': expected reserve NAME");
  }

  private static String text(Path file) throws Exception {
    return Files.exists(file) ? Files.readString(file, StandardCharsets.UTF_8) : "";
  }

  private static void press(Command ssh, char key) throws Exception {
    ssh.stdin().write(key);
    ssh.stdin().flush();
  }
}
