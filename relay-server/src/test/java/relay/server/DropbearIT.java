package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Dropbear's client, which small machines have. Others lost a visitor's second connection here. */
class DropbearIT {

  private static final int VISITS = 8;

  @RegisterExtension final RelayNode node = RelayNode.with();

  @Test
  void name_isServed() {
    start("foo:80:127.0.0.1:" + node.nginx("").port());
    for (int i = 0; i < VISITS; i++) {
      assertThat(node.curl("foo.localhost", "/hello")).isEqualTo("hello from nginx\n\n200");
    }
  }

  @Test
  void port_carriesBytesAndEnds() throws Exception {
    int port = LocalService.freePort();
    start(port + ":127.0.0.1:" + node.closing(LocalService.echo()).port());
    node.awaitListening(port);
    for (int i = 0; i < VISITS; i++) {
      Socket visitor = node.visit(port);
      visitor.getOutputStream().write("over and back".getBytes(StandardCharsets.US_ASCII));
      visitor.shutdownOutput();
      assertThat(visitor.getInputStream().readAllBytes()).asString().isEqualTo("over and back");
    }
  }

  private void start(String forward) {
    String key = node.directory().resolve("dropbear-key").toString();
    Path ann = node.keys().of("ann");
    Command.run("dropbearconvert", "openssh", "dropbear", ann.toString(), key);
    String port = Integer.toString(node.sshPort());
    node.start(
        List.of(
            "env",
            "HOME=" + node.directory(),
            "dbclient",
            "-y",
            "-N",
            "-i",
            key,
            "-p",
            port,
            "-R",
            forward,
            "anybody@127.0.0.1"));
    node.awaitTunnels(1);
  }
}
