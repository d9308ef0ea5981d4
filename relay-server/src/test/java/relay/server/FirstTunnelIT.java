package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The main job: the machine's own ssh, this server, and a real service behind it. */
class FirstTunnelIT {

  @RegisterExtension final RelayNode node = RelayNode.with();

  @Test
  void chosenName_isServedByHost() {
    Nginx nginx = node.nginx("");
    Command ssh = node.start(node.ssh("ann").forward("foo:80:127.0.0.1:" + nginx.port()).console());
    ssh.awaitOut("HTTP: http://foo.localhost:" + node.httpPort());

    assertThat(node.curl("foo.localhost", "/hello")).isEqualTo("hello from nginx\n\n200");
    ssh.awaitOut("foo.localhost  GET /hello  200  .*127.0.0.1");
  }

  @Test
  void portZero_isAllocatedAndEchoes() throws Exception {
    LocalService echo = node.closing(LocalService.echo());
    Command ssh = node.start(node.ssh("ann").forward("0:127.0.0.1:" + echo.port()).noCommand());
    int port = Integer.parseInt(ssh.awaitErr("Allocated port (\\d+) for remote forward"));

    try (Socket visitor = node.visit(port)) {
      visitor.getOutputStream().write("over and back".getBytes(StandardCharsets.US_ASCII));
      visitor.shutdownOutput();
      assertThat(visitor.getInputStream().readAllBytes()).asString().isEqualTo("over and back");
    }
  }
}
