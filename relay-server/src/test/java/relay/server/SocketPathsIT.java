package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import relay.common.ssh.StreamlocalForward;

/**
 * {@code -R /foo:…}, which ssh sends as the path of a unix socket, and the relay takes as a name.
 */
class SocketPathsIT {

  @RegisterExtension final RelayNode node = RelayNode.with();

  private String nginx() {
    return "localhost:" + node.nginx("").port();
  }

  @Test
  void path_isAName_underNAsWell() {
    node.start(node.ssh("ann").forward("/foo:" + nginx()).noCommand());
    node.awaitTunnels(1);

    for (int i = 0; i < 3; i++) {
      assertThat(node.curl("foo.localhost", "/hello")).isEqualTo("hello from nginx\n\n200");
    }
  }

  @Test
  void path_isTheNameItself_inAnySpelling_andOfOneKey() {
    Command ann =
        node.start(
            node.ssh("ann").forward("/Foo:" + nginx()).forward("foo:80:" + nginx()).console());
    ann.awaitOut("^HTTP: http://foo.localhost:" + node.httpPort() + "$");
    ann.awaitOut("RELAY-NAME-TWICE: foo.localhost is forwarded in this session already$");
    Command ben = node.start(node.ssh("ben").forward("/foo:" + nginx()).console());
    ben.awaitOut("RELAY-NAME-TAKEN: foo.localhost belongs to another key");

    ben.awaitErr("Warning: remote port forwarding failed for listen path /foo");
    assertThat(node.curl("foo.localhost", "/hello")).endsWith("200");
  }

  @Test
  void otherPaths_areRefused_inOneLineEach() {
    Ssh words = node.ssh("ann");
    List<String> paths = List.of("/tmp/x.sock", "/x.sock", "/", "/foo/", "/www", "/../etc");
    paths.forEach(path -> words.forward(path + ":" + nginx()));
    Command ssh = node.start(words.forward("alive:80:" + nginx()).console());
    ssh.awaitOut("^HTTP: http://alive.localhost");

    for (String path : List.of("/tmp/x.sock", "/", "/foo/", "/../etc")) {
      ssh.awaitOut("^relay: RELAY-NAME-INVALID: '-R " + path + ":': a path stands for a name here");
    }
    ssh.awaitOut("^relay: RELAY-NAME-INVALID: 'x.sock' is no name below localhost");
    ssh.awaitOut("^relay: RELAY-NAME-RESERVED: 'www'");
    assertThat(ssh.out().lines().filter(line -> line.startsWith("relay: "))).hasSize(6);
    assertThat(node.curl("alive.localhost", "/hello")).endsWith("200");
  }

  @Test
  void forwardAndCancel_whileTheSessionLasts() {
    String control = node.directory().resolve("control").toString();
    Command master = node.start(node.ssh("ann").with("-M", "-S", control).console());
    master.awaitErr("relay: -R 80 is ");
    Awaitility.await().until(() -> Files.exists(Path.of(control)));
    String forward = "/foo:" + nginx();
    run(control, "forward", forward);
    assertThat(node.curl("foo.localhost", "/hello")).endsWith("200");

    run(control, "cancel", forward);
    node.awaitTunnels(0);
    assertThat(node.curl("foo.localhost", "/hello")).contains("RELAY-503-OFFLINE");
    run(control, "forward", forward);
    assertThat(node.curl("foo.localhost", "/hello")).endsWith("200");
  }

  private void run(String control, String command, String forward) {
    Command ssh =
        node.start(
            List.of("ssh", "-F", "none", "-S", control, "-O", command, "-R", forward, "any"));
    assertThat(ssh.exitStatus()).as(ssh.toString()).isZero();
  }

  @Test
  void cancel_takesTheVeryPath_andOnce() throws Exception {
    try (RawClient ann = new RawClient(node.sshPort(), node.keys().of("ann"))) {
      assertThat(request(ann, StreamlocalForward.NAME, "/foo")).isEqualTo("granted");
      assertThat(request(ann, StreamlocalForward.CANCEL, "/FOO")).isEqualTo("refused");
      assertThat(ann.cancel("/foo", 0).text()).isEqualTo("refused");
      assertThat(ann.cancel("foo", 80).text()).isEqualTo("refused");
      assertThat(request(ann, StreamlocalForward.CANCEL, "/foo")).isEqualTo("granted");
      assertThat(request(ann, StreamlocalForward.CANCEL, "/foo")).isEqualTo("refused");
      assertThat(request(ann, StreamlocalForward.NAME, "foo")).isEqualTo("refused");
      assertThat(request(ann, StreamlocalForward.NAME, "")).isEqualTo("refused");
    }
  }

  private static String request(RawClient client, String name, String path) throws Exception {
    return client.request(name, new StreamlocalForward(path)::write).text();
  }

  @Test
  void socketsOfTheServer_areNotConnectedTo() throws Exception {
    int port = LocalService.freePort();
    Command ssh =
        node.start(
            node.ssh("ann")
                .with("-L", port + ":/var/run/docker.sock")
                .forward("foo:80:" + nginx())
                .console());
    ssh.awaitOut("^HTTP: http://foo");
    try (Socket visitor = node.visit(port)) {
      assertThat(visitor.getInputStream().read()).isEqualTo(-1);
    }
    ssh.awaitErr(
        "channel \\d+: open failed: administratively prohibited: relay: RELAY-OPEN-NOT-ALLOWED: "
            + "the relay's sockets are not connected to");
    assertThat(node.curl("foo.localhost", "/hello")).endsWith("200");
  }
}
