package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** PuTTY's plink, which many on Windows have. */
class PuttyIT {

  private static final int LENGTH = 3 << 20;

  @RegisterExtension final RelayNode node = RelayNode.with();

  private final BlockingQueue<String> received = new LinkedBlockingQueue<>();

  private Command plink(String person, String... more) {
    Path key = node.directory().resolve(person + ".ppk");
    String own = node.keys().of(person).toString();
    Command.run("puttygen", own, "-O", "private", "-o", key.toString());
    String hostKey = node.dataDir().resolve("host-key.pub").toString();
    String fingerprint = Command.run("ssh-keygen", "-lf", hostKey).split(" ", -1)[1];
    List<String> words =
        new ArrayList<>(
            List.of(
                "env",
                "HOME=" + node.directory(),
                "plink",
                "-ssh",
                "-batch",
                "-v",
                "-noagent",
                "-hostkey",
                fingerprint,
                "-i",
                key.toString(),
                "-P",
                Integer.toString(node.sshPort())));
    words.addAll(List.of(more));
    words.add("anybody@127.0.0.1");
    return node.start(words);
  }

  private String echo() {
    int port =
        node.service(socket -> received.add(Octets.exchange(socket, 1, LENGTH).join())).port();
    return "127.0.0.1:" + port;
  }

  private void assertCarried(int port) throws Exception {
    Socket visitor = node.visit(port);
    assertThat(Octets.exchange(visitor, 2, LENGTH).get(20, TimeUnit.SECONDS))
        .isEqualTo(Octets.digest(1, LENGTH));
    assertThat(received.poll(20, TimeUnit.SECONDS)).isEqualTo(Octets.digest(2, LENGTH));
  }

  @Test
  void name_isServed_andTheConsoleShowsIt() {
    Command plink = plink("ann", "-R", "foo:80:127.0.0.1:" + node.nginx("").port());
    plink.awaitOut("HTTP: http://foo.localhost:");
    for (int visit = 0; visit < 8; visit++) {
      assertThat(node.curl("foo.localhost", "/hello")).isEqualTo("hello from nginx\n\n200");
    }
    plink.awaitOut("GET /hello");
  }

  @Test
  void port_carriesBytesBothWays_andAnAliasToo() throws Exception {
    int port = LocalService.freePort();
    int local = LocalService.freePort();
    String service = echo();
    plink(
        "ann",
        "-N",
        "-R",
        port + ":" + service,
        "-R",
        "own:22:" + service,
        "-L",
        local + ":own:22");
    node.awaitTunnels(2);
    node.awaitListening(port);
    node.awaitListening(local);

    for (int visit = 0; visit < 3; visit++) {
      assertCarried(port);
      assertCarried(local);
    }
  }

  @Test
  void refusedForward_isSaid_andTheOthersGoOn() {
    Command plink =
        plink(
            "ann",
            "-N",
            "-R",
            "www:80:127.0.0.1:1",
            "-R",
            "foo:80:127.0.0.1:" + node.nginx("").port());
    plink.awaitErr("Remote port forwarding from www:80 refused");
    plink.awaitErr("Remote port forwarding from foo:80 enabled");
    assertThat(node.curl("foo.localhost", "/hello")).isEqualTo("hello from nginx\n\n200");
  }

  @Test
  void strangersKey_isDenied_inPuttysOwnWords() {
    Command plink = plink("stranger", "-N", "-R", "foo:80:127.0.0.1:1");
    assertThat(plink.exitStatus()).isEqualTo(1);
    assertThat(plink.err())
        .contains("Server refused our key")
        .contains("FATAL ERROR: No supported authentication methods available")
        .contains("(server sent: publickey)");
  }
}
