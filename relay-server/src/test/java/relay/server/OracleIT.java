package relay.server;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import relay.server.oracle.Oracle;

/** The whole way, through the real ssh: no octet is taken for another message's. */
class OracleIT {

  @RegisterExtension final RelayNode node = RelayNode.with();

  @Test
  void visitors_hostileAndGood_serviceSawWhatWasAnswered() throws Exception {
    Oracle oracle = node.closing(new Oracle());
    node.start(node.ssh("ann").forward("foo:80:127.0.0.1:" + oracle.port()).console())
        .awaitOut("HTTP: ");

    oracle.visit(node.httpAddress(), 24, 80, 2);
    oracle.judge();
  }
}
