package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Where TCP forwards are bound, as the kernel tells it, for each GatewayPorts and host form. */
class GatewayPortsIT {

  private static final String LOOPBACKS = "[127.0.0.1, [::1]]";
  private static final String EVERYWHERE = "[0.0.0.0, [::]]";
  private static final String REFUSED = "[]";

  @Nested
  class ByDefault {
    @RegisterExtension final RelayNode node = RelayNode.with();

    @Test
    void everyForm_isBoundOnBothLoopbacks() {
      check(
          node,
          Map.of(
              "", LOOPBACKS,
              "localhost:", LOOPBACKS,
              ":", LOOPBACKS,
              "*:", LOOPBACKS,
              "0.0.0.0:", LOOPBACKS,
              "127.0.0.1:", LOOPBACKS,
              "[::1]:", LOOPBACKS,
              "192.0.2.77:", LOOPBACKS));
    }
  }

  @Nested
  class Yes {
    @RegisterExtension final RelayNode node = RelayNode.with("--tcp-listen=*");

    @Test
    void everyForm_isBoundOnAllThatTcpListenStandsFor() {
      check(
          node,
          Map.of(
              "", EVERYWHERE,
              "localhost:", EVERYWHERE,
              ":", EVERYWHERE,
              "127.0.0.1:", EVERYWHERE,
              "[::1]:", EVERYWHERE,
              "192.0.2.77:", EVERYWHERE));
    }
  }

  @Nested
  class No {
    @RegisterExtension
    final RelayNode node = RelayNode.with("--tcp-listen=*", "--gateway-ports=no");

    @Test
    void everyForm_isBoundOnLoopback_andALoopbackLiteralOnItselfOnly() {
      Map<String, String> forms = new LinkedHashMap<>();
      for (String host :
          new String[] {"", "localhost:", ":", "*:", "0.0.0.0:", "[::]:", "127.0.0.2:"}) {
        forms.put(host, LOOPBACKS);
      }
      forms.put("192.0.2.77:", LOOPBACKS);
      forms.put("127.0.0.1:", "[127.0.0.1]");
      forms.put("[::1]:", "[[::1]]");
      check(node, forms);
    }
  }

  @Nested
  class ClientSpecified {
    @RegisterExtension
    final RelayNode node = RelayNode.with("--tcp-listen=*", "--gateway-ports=clientspecified");

    @Test
    void theAddressAsked_isBound_andAStrangersRefused() {
      Map<String, String> forms = new LinkedHashMap<>();
      forms.put("", LOOPBACKS);
      forms.put("localhost:", LOOPBACKS);
      forms.put(":", EVERYWHERE);
      forms.put("*:", EVERYWHERE);
      forms.put("0.0.0.0:", "[0.0.0.0]");
      forms.put("[::]:", "[[::]]");
      forms.put("127.0.0.1:", "[127.0.0.1]");
      forms.put("[::1]:", "[[::1]]");
      forms.put("192.0.2.77:", REFUSED);
      Command ssh = check(node, forms);

      assertThat(ssh.out()).contains("RELAY-ADDRESS-NOT-ALLOWED: 192.0.2.77 is not an address");
    }
  }

  @Nested
  class ClientSpecifiedWithinBounds {
    @RegisterExtension
    final RelayNode node =
        RelayNode.with("--tcp-listen=127.0.0.1,127.0.0.2", "--gateway-ports=clientspecified");

    @Test
    void onlyAddressesOfTcpListen_areBound() {
      Map<String, String> forms = new LinkedHashMap<>();
      forms.put("127.0.0.1:", "[127.0.0.1]");
      forms.put("127.0.0.2:", "[127.0.0.2]");
      forms.put("*:", "[127.0.0.1, 127.0.0.2]");
      forms.put("0.0.0.0:", "[127.0.0.1, 127.0.0.2]");
      forms.put("127.0.0.3:", REFUSED);
      forms.put("[::]:", REFUSED);
      forms.put("[::1]:", REFUSED);
      check(node, forms);
    }
  }

  /** Asks for one port a form, all in one session, and looks where each is bound. */
  private static Command check(RelayNode node, Map<String, String> boundByHost) {
    Ssh words = node.ssh("ann");
    Map<String, Integer> ports = new LinkedHashMap<>();
    boundByHost.forEach((host, bound) -> {
      int port = LocalService.freePort();
      ports.put(host, port);
      words.forward(host + port + ":127.0.0.1:1");
    });
    Command ssh = node.start(words.forward("last:80:127.0.0.1:1").console());
    ssh.awaitOut("HTTP: http://last.localhost:");
    int live = (int) boundByHost.values().stream().filter(bound -> !bound.equals(REFUSED)).count();
    node.awaitTunnels(live + 1);

    Map<String, String> found = new LinkedHashMap<>();
    ports.forEach((host, port) -> found.put(host, Listening.on(port).toString()));
    assertThat(found).isEqualTo(boundByHost);
    return ssh;
  }
}
