package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.sshd.client.SshClient;
import org.apache.sshd.client.config.hosts.HostConfigEntryResolver;
import org.apache.sshd.client.future.AuthFuture;
import org.apache.sshd.client.keyverifier.AcceptAllServerKeyVerifier;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.keyprovider.FileKeyPairProvider;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import relay.common.ssh.Algorithms;

/** What an operator can account for afterwards: one record for each event, in a file of its own. */
class AuditIT {

  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final String LOCAL = "127.0.0.1:9";

  private final List<AutoCloseable> started = new ArrayList<>();

  @TempDir Path directory;
  private Path file;
  private ServerProcess server;

  @BeforeEach
  void start() throws IOException {
    file = directory.resolve("audit.log");
    Path config =
        Files.writeString(
            directory.resolve("relay.yml"),
            "log: {audit-file: "
                + file
                + "}\nlimits: {keepalive: 1500ms, keepalive-misses: 2, takeover-probe: 500ms}\n");
    server = closing(new ServerProcess(directory, "--config=" + config)).awaitReady();
  }

  @AfterEach
  void close() throws Exception {
    for (int i = started.size() - 1; i >= 0; i--) {
      started.get(i).close();
    }
  }

  private <T extends AutoCloseable> T closing(T thing) {
    started.add(thing);
    return thing;
  }

  private Command start(List<String> words) {
    return closing(Command.start(words));
  }

  private Ssh ssh() {
    return server.ssh();
  }

  private List<JsonNode> records(String kind) {
    try {
      return Files.readAllLines(file).stream()
          .map(AuditIT::json)
          .filter(event -> event.get("msg").asText().equals(kind))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static JsonNode json(String line) {
    try {
      return new JsonMapper().readTree(line);
    } catch (JsonProcessingException e) {
      throw new AssertionError(line, e);
    }
  }

  /** The one record of a kind, once it is there. */
  private JsonNode one(String kind) {
    Awaitility.await(kind).until(() -> !records(kind).isEmpty());
    assertThat(records(kind)).as(kind).hasSize(1);
    return records(kind).get(0);
  }

  private static String fingerprint(Path key) {
    return Command.run("ssh-keygen", "-lf", key + ".pub").split(" ", -1)[1];
  }

  private void assertAnn(JsonNode event) {
    assertThat(event.get("logger").asText()).isEqualTo("relay.audit");
    assertThat(event.get("ts").asText()).matches("\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z");
    assertThat(event.get("identity").asText()).isEqualTo("ann");
    assertThat(event.get("fingerprint").asText())
        .isEqualTo(fingerprint(directory.resolve("keys/ann")));
    assertThat(event.get("source").asText()).isEqualTo("127.0.0.1");
    assertThat(event.get("port").asInt()).isPositive();
  }

  @Test
  void loginForwardRefusalAndCancel_areOneRecordEach_inTheFileAlone() throws Exception {
    Path control = directory.resolve("c");
    Command session =
        start(
            ssh()
                .with("-M", "-S", control.toString())
                .forward("foo:80:" + LOCAL)
                .forward("www:80:" + LOCAL)
                .forward("ann\\:hunter2@foo:80:" + LOCAL)
                .console());
    session.awaitOut("RELAY-NOT-SUPPORTED-YET");
    assertThat(
            start(
                    ssh()
                        .with("-S", control.toString(), "-O", "cancel")
                        .forward("foo:80:" + LOCAL)
                        .to())
                .exitStatus())
        .isZero();

    JsonNode login = one("login");
    assertAnn(login);
    assertThat(login.get("user").asText()).isEqualTo("relay");
    JsonNode forward = one("forward");
    assertAnn(forward);
    assertThat(forward.get("what").asText()).startsWith("http://foo.localhost:");
    Awaitility.await().until(() -> records("refusal").size() == 2);
    JsonNode refusal = records("refusal").get(0);
    assertAnn(refusal);
    assertThat(refusal.get("what").asText()).isEqualTo("www:80");
    assertThat(refusal.get("code").asText()).isEqualTo("RELAY-NAME-RESERVED");
    assertThat(records("refusal").get(1).get("what").asText()).isEqualTo("…@foo:80");
    assertThat(Files.readString(file) + server.process().out()).doesNotContain("hunter2");
    JsonNode cancel = one("cancel");
    assertAnn(cancel);
    assertThat(cancel.get("what")).isEqualTo(forward.get("what"));
    assertThat(server.process().out()).doesNotContain("audit");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }

  @Test
  void takeoverAndKick_ofASessionThatIsStopped() {
    Command old = start(ssh().forward("foo:80:" + LOCAL).console());
    old.awaitOut("HTTP: ");
    old.signal("STOP");
    start(ssh().forward("foo:80:" + LOCAL).console()).awaitOut("HTTP: ");

    JsonNode takeover = one("takeover");
    assertAnn(takeover);
    assertThat(takeover.get("what").asText()).startsWith("http://foo.localhost:");
    assertThat(takeover.get("code").asText()).isEqualTo("RELAY-TAKEN-OVER");
    JsonNode kick = one("kick");
    assertAnn(kick);
    assertThat(kick.get("code").asText()).isEqualTo("RELAY-SESSION-SUPERSEDED");
    assertThat(kick.get("port")).isEqualTo(takeover.get("port"));
  }

  @Test
  void expiry_ofASessionThatIsSilent() {
    Command ssh = start(ssh().forward("foo:80:" + LOCAL).console());
    ssh.awaitOut("HTTP: ");
    ssh.signal("STOP");

    JsonNode expiry = one("expiry");
    assertAnn(expiry);
    assertThat(expiry.get("code").asText()).isEqualTo("RELAY-KEEPALIVE-LOST");
  }

  @Test
  void refusedLogin_isOneRecord_withTheKeyThatWasOffered() throws Exception {
    List<String> words = new ArrayList<>(ssh().with("-l", "eve").console());
    words.set(words.indexOf("-i") + 1, stranger().toString());
    words.set(words.size() - 1, "127.0.0.1");
    assertThat(start(words).exitStatus()).isEqualTo(255);

    JsonNode refused = one("login-refused");
    assertThat(refused.get("fingerprint").asText()).isEqualTo(fingerprint(stranger()));
    assertThat(refused.get("source").asText()).isEqualTo("127.0.0.1");
    assertThat(refused.get("user").asText()).isEqualTo("eve");
    assertThat(refused.get("what").asText()).isEqualTo("publickey");
    assertThat(refused.get("code").asText()).isEqualTo("RELAY-LOGIN-REFUSED");
    assertThat(refused.has("identity")).isFalse();
  }

  @Test
  void hostileNames_makeOneHarmlessRecordEach_withoutWhatMayBeASecret() throws Exception {
    String secret = "rt_9fK2seeded";
    String name = secret + "\u001b[31m\r\n{\"msg\":\"login\"}\u202e\u009b31m";
    assertRefused(name); // ssh sends no such name
    JsonNode refused = one("login-refused");
    assertThat(refused.get("user").asText()).isEqualTo("(" + name.length() + " characters)");

    Command session =
        start(
            ssh()
                .forward("a\u001b[31m\r\nb\u202e:80:" + LOCAL)
                .with("-l", secret + "\u202e")
                .console());
    session.awaitOut("RELAY-NAME-INVALID");
    one("login");
    assertThat(one("refusal").get("what").asText()).isEqualTo("a\u001b[31m\r\nb\u202e:80");
    String text = Files.readString(file);
    assertThat(text + server.process().out()).doesNotContain(secret, "\u001b", "\u202e");
    assertThat(text.chars()).allMatch(c -> c == '\n' || (c >= 0x20 && c < 0x7f));
    assertThat(text.lines()).hasSize(3);
  }

  private Path stranger() throws IOException {
    return new Keys(Files.createDirectories(directory.resolve("others"))).of("eve");
  }

  private void assertRefused(String name) throws IOException {
    try (SshClient client = SshClient.setUpDefaultClient()) {
      Algorithms.apply(client);
      client.setServerKeyVerifier(AcceptAllServerKeyVerifier.INSTANCE);
      client.setHostConfigEntryResolver(HostConfigEntryResolver.EMPTY);
      client.setKeyIdentityProvider(new FileKeyPairProvider(stranger()));
      client.start();
      ClientSession session =
          client.connect(name, "127.0.0.1", server.port("ssh")).verify(LIMIT).getSession();
      AuthFuture login = session.auth();
      assertThat(login.await(LIMIT)).isTrue();
      assertThat(login.isSuccess()).isFalse();
    }
  }

  @Test
  void fileThatCannotBeWritten_isAMistake() {
    try (ServerProcess wrong =
        new ServerProcess(
            directory, "--data-dir=" + directory.resolve("second"), "--config=" + noFile())) {
      assertThat(wrong.process().exitStatus()).isEqualTo(2);
      assertThat(wrong.process().err())
          .contains("log.audit-file: '/nonexistent/audit.log': expected a file that can be");
    }
  }

  private Path noFile() {
    try {
      return Files.writeString(
          directory.resolve("wrong.yml"), "log: {audit-file: /nonexistent/audit.log}\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
