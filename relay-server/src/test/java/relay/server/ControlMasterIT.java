package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Forwards that are added to and taken from a session that is there: ssh's {@code -M} and -O. */
class ControlMasterIT {

  @RegisterExtension final RelayNode node = RelayNode.with();

  private String local;
  private Command master;

  @BeforeEach
  void startMaster() {
    local = "127.0.0.1:" + node.closing(LocalService.echo()).port();
    String control = node.directory().resolve("control").toString();
    master = node.start(node.ssh("ann").with("-M", "-S", control).console());
    Awaitility.await().until(() -> control("check").exitStatus() == 0);
    assertThat(done(control("check")).err()).contains("Master running (pid=" + master.pid());
  }

  @Test
  void forwardAndCancel_ofAFixedPort_openAndCloseIt() throws Exception {
    int port = LocalService.freePort();
    String spec = port + ":" + local;
    assertThat(control("forward", spec).exitStatus()).isZero();
    assertEchoes(port);
    master.awaitOut("TCP: localhost:" + port);

    Command cancel = done(control("cancel", spec));
    assertThat(cancel.err()).isEmpty();
    awaitClosed(port);
    assertThat(control("forward", spec).exitStatus()).isZero();
    assertEchoes(port);
  }

  @Test
  void forwardOfPortZero_printsThePort_andCancelClosesIt() throws Exception {
    Command forward = control("forward", "0:" + local);
    assertThat(forward.exitStatus()).isZero();
    int port = Integer.parseInt(forward.out());
    assertThat(port).isBetween(20_000, 29_999);
    assertEchoes(port);

    Command cancel = done(control("cancel", "0:" + local));
    assertThat(cancel.err()).isEmpty();
    awaitClosed(port);
  }

  @Test
  void cancelOfAName_takesItAway_andAnotherServiceMayHaveIt() {
    String one = "foo:80:127.0.0.1:" + node.nginx("location /who { return 200 one; }").port();
    String two = "foo:80:127.0.0.1:" + node.nginx("location /who { return 200 two; }").port();
    done(control("forward", one));
    assertThat(node.curl("foo.localhost", "/who")).isEqualTo("one\n200");

    done(control("cancel", one));
    node.awaitTunnels(0);
    assertThat(node.curl("foo.localhost", "/who")).contains("RELAY-503-OFFLINE").endsWith("503");
    done(control("forward", two));
    assertThat(node.curl("foo.localhost", "/who")).isEqualTo("two\n200");
  }

  @Test
  void refusedForward_tellsSo_andTheMasterLivesOn() {
    String good = "foo:80:127.0.0.1:" + node.nginx("").port();
    done(control("forward", good));
    Command refused = control("forward", "22:" + local);

    assertThat(refused.exitStatus()).isEqualTo(255);
    assertThat(refused.err())
        .contains(
            "mux_client_forward: forwarding request failed: "
                + "remote port forwarding failed for listen port 22")
        .contains("muxclient: master forward request failed");
    master.awaitOut("RELAY-PORT-NOT-ALLOWED: port 22 ");
    assertThat(node.curl("foo.localhost", "/hello")).endsWith("200");
    assertThat(master.isAlive()).isTrue();
  }

  @Test
  void exit_endsTheMasterAndItsTunnels() {
    done(control("forward", "0:" + local));
    node.awaitTunnels(1);
    Command exit = done(control("exit"));

    assertThat(exit.err()).contains("Exit request sent.");
    master.exitStatus();
    node.awaitTunnels(0);
  }

  private Command control(String command, String... forward) {
    List<String> words =
        new ArrayList<>(
            List.of("ssh", "-F", "none", "-S", node.directory() + "/control", "-O", command));
    for (String spec : forward) {
      words.addAll(List.of("-R", spec));
    }
    words.add("any");
    return node.start(words);
  }

  /** Waits for its end, which must be a success. */
  private static Command done(Command command) {
    assertThat(command.exitStatus()).as(command.toString()).isZero();
    return command;
  }

  private void awaitClosed(int port) {
    Awaitility.await().untilAsserted(() -> assertThat(Listening.on(port)).isEmpty());
  }

  private void assertEchoes(int port) throws Exception {
    try (Socket visitor = node.visit(port)) {
      visitor.getOutputStream().write("over and back".getBytes(StandardCharsets.US_ASCII));
      visitor.shutdownOutput();
      assertThat(visitor.getInputStream().readAllBytes()).asString().isEqualTo("over and back");
    }
  }
}
