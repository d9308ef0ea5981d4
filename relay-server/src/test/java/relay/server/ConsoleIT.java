package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a user sees who asked for a shell or a command. */
class ConsoleIT {

  private static final int CTRL_C = 3;

  @RegisterExtension final RelayNode node = RelayNode.with();

  private String local;

  @BeforeEach
  void serve() {
    local = "127.0.0.1:" + node.nginx("").port();
  }

  @Test
  void lines_areInTheOrderOfTheForwards() {
    int port = LocalService.freePort();
    Command ssh =
        node.start(
            node.ssh("ann")
                .forward(port + ":" + local)
                .forward("foo:80:" + local)
                .forward("www:80:" + local)
                .forward("0:" + local)
                .forward("bar:443:" + local)
                .console());
    ssh.awaitOut("HTTP: http://bar.localhost:");

    List<String> kinds =
        ssh.out()
            .lines()
            .filter(line -> !line.startsWith("      curl -H 'Host: "))
            .map(line -> line.replaceAll("\\d{5}", "N").replaceFirst("RESERVED: .*", "RESERVED"))
            .toList();
    assertThat(kinds)
        .containsExactly(
            "TCP: localhost:N",
            "HTTP: http://foo.localhost:N",
            "relay: RELAY-NAME-RESERVED",
            "TCP: localhost:N",
            "HTTP: http://bar.localhost:N");
    assertThat(ssh.out()).startsWith("TCP: localhost:" + port + "\n");
  }

  @Test
  void curlLineThatIsShown_worksAsItStands() {
    Command ssh = node.start(node.ssh("ann").forward("foo:80:" + local).console());
    String curl = ssh.awaitOut("^ +(curl -H .*)$");

    assertThat(Command.run("sh", "-c", curl.replace("curl", "curl -sS") + "hello"))
        .isEqualTo("hello from nginx");
  }

  @Test
  void visitLine_ofAHostileVisitor_isHarmless() throws Exception {
    Path shown = node.directory().resolve("shown");
    List<String> words = node.ssh("ann").forward("foo:80:" + local).with("-tt").console();
    List<String> toFile = new ArrayList<>(List.of("sh", "-c", "exec \"$@\" >" + shown, "sh"));
    toFile.addAll(words);
    node.start(toFile);
    node.awaitTunnels(1);
    List<String> targets =
        List.of(
            "/esc\u001b[31m",
            "/c1\u009b31m",
            "/bidi\u00e2\u0080\u00ae",
            "/cr\rx",
            "/bel\u0007",
            "/esc%1b[31m",
            "/back\\slash");
    for (String target : targets) {
      request("GET " + target + " HTTP/1.1");
    }
    request("G\u001bT /method HTTP/1.1");
    request("GET /last HTTP/1.1");
    Awaitility.await().until(() -> Files.readString(shown).contains("/last"));

    String text = Files.readString(shown, StandardCharsets.UTF_8);
    assertThat(text).contains("/esc%1b[31m");
    text.codePoints()
        .filter(c -> c != '\r' && c != '\n')
        .forEach(c ->
            assertThat(Character.getType(c))
                .as("U+%04x in %s", c, text)
                .isNotIn((int) Character.CONTROL, (int) Character.FORMAT));
    assertThat(text.replace("\r\n", "\n")).doesNotContain("\r");
  }

  private void request(String line) throws IOException {
    try (Socket visitor = node.visit(node.httpPort())) {
      Wire.send(visitor, line + "\r\nHost: foo.localhost\r\nConnection: close\r\n\r\n");
      assertThat(visitor.getInputStream().readAllBytes()).isNotEmpty();
    }
  }

  @Test
  void ctrlC_onATerminal_endsIt() throws Exception {
    Command ssh = node.start(node.ssh("ann").with("-tt").forward("foo:80:" + local).console());
    ssh.awaitOut("HTTP: ");
    ssh.stdin().write(CTRL_C);
    ssh.stdin().flush();

    assertThat(ssh.exitStatus()).isEqualTo(130);
    node.awaitTunnels(0);
  }

  @Test
  void endOfInput_endsNothing() throws Exception {
    Command ssh = node.start(node.ssh("ann").forward("foo:80:" + local).console());
    ssh.awaitOut("HTTP: ");
    ssh.stdin().close();
    Command none = node.start(node.ssh("ann").with("-n").forward("bar:80:" + local).console());
    none.awaitOut("HTTP: ");

    for (String name : List.of("foo", "bar", "foo")) {
      assertThat(node.curl(name + ".localhost", "/hello")).endsWith("200");
    }
    ssh.awaitOut("foo.localhost  GET /hello  200");
    none.awaitOut("bar.localhost  GET /hello  200");
    assertThat(ssh.isAlive() && none.isAlive()).isTrue();
  }

  @Test
  void execWithANeutralOption_isTheSameConsole() {
    Command ssh =
        node.start(
            node.ssh("ann").forward("foo:80:" + local).to("force-https=false  strip-path=false"));
    ssh.awaitOut("^HTTP: http://foo.localhost:" + node.httpPort() + "$");
    node.curl("foo.localhost", "/hello");
    ssh.awaitOut("foo.localhost  GET /hello  200");
  }

  @Test
  void execWithAnUnknownOption_listsTheKnownOnes_andFails() {
    Command ssh = node.start(node.ssh("ann").forward("foo:80:" + local).to("colour=\u001b[31mred"));
    assertThat(ssh.exitStatus()).isEqualTo(1);
    assertThat(ssh.err())
        .contains("relay: RELAY-UNKNOWN-OPTION: 'colour=\\u{1b}[31mred' is no option; known are ")
        .contains("force-https=", "proxy-protocol=")
        .doesNotContain("\u001b");
  }

  @Test
  void execWithAnOptionThatTheServerCannotHonour_isRefused() {
    Command ssh = node.start(node.ssh("ann").forward("foo:80:" + local).to("sni-proxy=true"));
    assertThat(ssh.exitStatus()).isEqualTo(1);
    assertThat(ssh.err())
        .contains("RELAY-HTTPS-OFF: 'sni-proxy=true': the server has no HTTPS listener");
  }

  @Test
  void sftp_getsOneLineAndStatusOne_andOtherSessionsGoOn() {
    Command other = node.start(node.ssh("ann").forward("foo:80:" + local).console());
    other.awaitOut("HTTP: ");
    Command subsystem = node.start(node.ssh("ann").with("-s").to("sftp"));
    assertThat(subsystem.exitStatus()).isEqualTo(1);
    subsystem.awaitErr("^relay: there are no files here: 'sftp' is not served$");
    List<String> words = new ArrayList<>(node.ssh("ann").to());
    words.set(0, "/usr/bin/sftp");
    words.set(words.indexOf("-p"), "-P");
    assertThat(node.start(words).exitStatus()).isNotZero();

    assertThat(node.curl("foo.localhost", "/hello")).endsWith("200");
    other.awaitOut("foo.localhost  GET /hello  200");
  }

  @Test
  void x11AndAgentForwarding_areRefused_andTheTunnelGoesOn() {
    List<String> words =
        new ArrayList<>(List.of("env", "DISPLAY=127.0.0.1:99", "XAUTHORITY=/dev/null"));
    words.addAll(
        node.ssh("ann")
            .with("-X", "-A")
            .option("ForwardX11Trusted=yes")
            .forward("foo:80:" + local)
            .console());
    Command ssh = node.start(words);
    ssh.awaitErr("^X11 forwarding request failed on channel 0$");
    ssh.awaitOut("HTTP: ");

    assertThat(node.curl("foo.localhost", "/hello")).endsWith("200");
  }
}
