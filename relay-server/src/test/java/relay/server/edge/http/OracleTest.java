package relay.server.edge.http;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import relay.server.oracle.Oracle;

/** The edge alone, with plain sockets to the service: more rounds in the same time. */
@Timeout(120)
class OracleTest {

  @Test
  void visitors_hostileAndGood_serviceSawWhatWasAnswered() throws Exception {
    try (EdgeFixture edge = EdgeFixture.patient();
        Oracle oracle = new Oracle()) {
      edge.serve("foo.localhost", oracle.port());
      oracle.visit(edge.address, 32, 150, 1);
      oracle.judge();
    }
  }
}
