package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** {@code relay} in place of ssh, from its own jar and in its own process. */
class RelayClientIT {

  private static final int MEGABYTES = 64;

  @RegisterExtension final RelayNode node = RelayNode.with();

  @Test
  void http_namedIsServed_visitsAreShown_ctrlCLeavesNothing() {
    Nginx nginx = node.nginx("");
    Command relay = node.relay("ann", "http", Integer.toString(nginx.port()), "--name", "foo");
    relay.awaitOut("http://foo.localhost:" + node.httpPort());

    assertThat(node.curl("foo.localhost", "/hello")).isEqualTo("hello from nginx\n\n200");
    relay.awaitOut("GET /hello  200");

    relay.signal("INT");
    assertThat(relay.exitStatus()).isZero();
    Awaitility.await()
        .untilAsserted(
            () -> assertThat(node.server().census()).isEqualTo(RelayServer.Census.NOTHING));
  }

  @Test
  void token_isGivenInsteadOfAKey() throws Exception {
    Nginx nginx = node.nginx("");
    String token = node.ask("{\"do\":\"token-create\"}").path("token").asText();
    String service = Integer.toString(nginx.port());
    Command relay = node.relayByToken(token, "http", service, "--name", "foo");
    relay.awaitOut("http://foo.localhost:" + node.httpPort());
    assertThat(node.curl("foo.localhost", "/hello")).isEqualTo("hello from nginx\n\n200");

    Command wrong = node.relayByToken("relay_aaaaaaaa_" + "a".repeat(26), "http", service);
    assertThat(wrong.exitStatus()).isEqualTo(3);
    assertThat(wrong.err())
        .isEqualTo("relay: 127.0.0.1:" + node.sshPort() + " refuses the token of RELAY_TOKEN");
  }

  @Test
  void tcp_manyMegabytesBothWays_areWhole() throws Exception {
    LocalService echo = node.closing(LocalService.echo());
    int port = LocalService.freePort();
    Command relay =
        node.relay(
            "ann", "tcp", Integer.toString(echo.port()), "--remote-port", Integer.toString(port));
    relay.awaitOut("localhost:" + port);

    MessageDigest sent = MessageDigest.getInstance("SHA-256");
    MessageDigest got = MessageDigest.getInstance("SHA-256");
    try (Socket visitor = node.visit(port)) {
      CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> write(visitor, sent));
      long bytes;
      try (InputStream in = new DigestInputStream(visitor.getInputStream(), got)) {
        bytes = in.transferTo(java.io.OutputStream.nullOutputStream());
      }
      writing.get();
      assertThat(bytes).isEqualTo((long) MEGABYTES << 20);
    }
    assertThat(HexFormat.of().formatHex(got.digest()))
        .isEqualTo(HexFormat.of().formatHex(sent.digest()));
  }

  private static void write(Socket to, MessageDigest digest) {
    byte[] block = new byte[1 << 20];
    Random random = new Random(7);
    try {
      DigestOutputStream out = new DigestOutputStream(to.getOutputStream(), digest);
      for (int i = 0; i < MEGABYTES; i++) {
        random.nextBytes(block);
        out.write(block);
      }
      to.shutdownOutput();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void serverRestarts_comesBackUnderTheSameName() throws Exception {
    Nginx nginx = node.nginx("");
    Command relay = node.relay("ann", "http", Integer.toString(nginx.port()));
    String host = relay.awaitOut("http://([a-z0-9-]+\\.localhost)");

    node.stopServer();
    node.startServer();

    Awaitility.await().untilAsserted(() -> assertThat(node.curl(host, "/hello")).endsWith("\n200"));
    assertThat(relay.isAlive()).isTrue();
  }

  @Test
  void nameOfAnotherKey_endsWithItsCodeAndOneLine() {
    Nginx nginx = node.nginx("");
    node.relay("ann", "http", Integer.toString(nginx.port()), "--name", "foo")
        .awaitOut("http://foo");

    Command second = node.relay("ben", "http", Integer.toString(nginx.port()), "--name", "foo");
    assertThat(second.exitStatus()).isEqualTo(4);
    assertThat(second.err()).contains("RELAY-NAME-TAKEN").contains("foo.localhost");
    assertThat(node.curl("foo.localhost", "/hello")).endsWith("\n200");
  }

  @Test
  void takenOver_endsAndDoesNotTakeBack_evenAfterASleep() {
    Nginx nginx = node.nginx("");
    String port = Integer.toString(nginx.port());
    Command awake = node.relay("ann", "http", port, "--name", "foo");
    awake.awaitOut("http://foo");
    Command asleep = node.relay("ann", "http", port, "--name", "bar");
    asleep.awaitOut("http://bar");

    asleep.signal("STOP");
    node.relay("ann", "http", port, "--name", "foo").awaitOut("http://foo");
    node.relay("ann", "http", port, "--name", "bar").awaitOut("http://bar");
    assertThat(awake.exitStatus()).isEqualTo(6);
    assertThat(awake.err()).contains("RELAY-TAKEN-OVER");
    Awaitility.await().until(() -> node.server().census().sshConnections() == 2);
    asleep.signal("CONT");

    assertThat(asleep.exitStatus()).isEqualTo(6);
    assertThat(asleep.err()).contains("RELAY-TAKEN-OVER");
    assertThat(node.curl("bar.localhost", "/hello")).endsWith("\n200");
  }

  @Test
  void localServiceDown_isSaidOnceOnBothSides() {
    int port = LocalService.freePort();
    Command relay = node.relay("ann", "http", Integer.toString(port), "--name", "foo");
    relay.awaitOut("http://foo");

    assertThat(node.curl("foo.localhost", "/")).contains("RELAY-502-NOTHING-LISTENING");
    assertThat(node.curl("foo.localhost", "/")).endsWith("\n502");
    relay.awaitErr(":" + port + ".*refused");
    assertThat(relay.err().split("refused", -1)).hasSize(2);
  }

  @Test
  void keyThatIsNotLetIn_endsWithItsCode() {
    Command relay = node.relay("stranger", "http", "3000");
    assertThat(relay.exitStatus()).isEqualTo(3);
  }
}
