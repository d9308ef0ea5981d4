package relay.server.edge.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** From HTTP to raw octets, only where both sides want the same, and with none lost. */
@Timeout(60)
class UpgradeTest {

  private static final String WISH =
      "GET /ws HTTP/1.1\r\nHost: foo.localhost\r\nConnection: keep-alive, Upgrade\r\n"
          + "Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
          + "Sec-WebSocket-Version: 13\r\n\r\n";
  private static final String GRANT =
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n"
          + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

  private EdgeFixture edge;

  @BeforeEach
  void open() throws Exception {
    edge = EdgeFixture.patient();
  }

  @AfterEach
  void close() throws Exception {
    edge.close();
  }

  @Test
  void webSocket_earlyOctetsOnBothSides_noneLost() throws Exception {
    try (LocalService service =
            new LocalService(c -> {
              c.head();
              c.say(GRANT + "early-from-service");
              assertThat(c.exactly(18)).isEqualTo("early-from-visitor");
              c.say("|");
              int octet;
              while ((octet = c.read()) >= 0) {
                c.out.write(octet);
              }
              c.say("after-your-end");
            });
        Visitor visitor = edge.visitor()) {
      edge.serve("foo.localhost", service.port());
      visitor.say(WISH + "early-from-visitor");
      assertThat(visitor.until("\r\n\r\n"))
          .startsWith("HTTP/1.1 101 ")
          .containsIgnoringCase("connection: upgrade\r\n")
          .containsIgnoringCase("upgrade: websocket\r\n")
          .contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
      assertThat(visitor.until("|")).isEqualTo("early-from-service|");
      String frame = "\u0081\u0005hello\r\n\r\n\0".repeat(5000);
      Thread writer =
          new Thread(() -> {
            try {
              visitor.say(frame);
            } catch (java.io.IOException e) {
              throw new java.io.UncheckedIOException(e);
            }
          });
      writer.start();
      assertThat(visitor.exactly(frame.length())).isEqualTo(frame);
      writer.join();
      visitor.socket.shutdownOutput();
      assertThat(visitor.rest()).isEqualTo("after-your-end");
      assertThat(service.failures).isEmpty();
      assertThat(service.seen()).containsIgnoringCase("\r\nupgrade: websocket\r\n");
      assertThat(edge.visits).extracting(visit -> visit.status()).containsExactly(101);
    }
  }

  @Test
  void webSocket_serviceCutsIt_visitorSeesReset() throws Exception {
    try (LocalService service =
            new LocalService(c -> {
              c.head();
              c.say(GRANT);
              c.exactly(1);
              c.reset();
            });
        Visitor visitor = edge.visitor()) {
      edge.serve("foo.localhost", service.port());
      visitor.say(WISH).until("\r\n\r\n");
      visitor.say("x");
      assertThat(org.assertj.core.api.Assertions.catchThrowable(visitor::rest))
          .isInstanceOf(java.io.IOException.class);
    }
  }

  @Test
  void grant_ofAnotherProtocol_502() throws Exception {
    for (String grant :
        new String[] {
          GRANT.replace("WebSocket", "h2c"),
          GRANT.replace("Upgrade: WebSocket\r\n", ""),
          GRANT.replace("Connection: Upgrade\r\n", ""),
        }) {
      try (LocalService service = LocalService.answering(head -> grant + "raw");
          Visitor visitor = edge.visitor()) {
        edge.serve("foo.localhost", service.port());
        assertThat(visitor.say(WISH).answer()).startsWith("HTTP/1.1 502 ").doesNotContain("raw");
      }
    }
  }

  @Test
  void wish_refusedByService_httpGoesOn() throws Exception {
    try (LocalService service =
            LocalService.answering(head -> "HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno");
        Visitor visitor = edge.visitor()) {
      edge.serve("foo.localhost", service.port());
      for (int i = 0; i < 2; i++) {
        assertThat(visitor.say(WISH).answer()).startsWith("HTTP/1.1 403 ").endsWith("no");
      }
      assertThat(service.connections).hasSize(1);
    }
  }

  @Test
  void wish_notValid_notForwarded() throws Exception {
    try (LocalService service =
            LocalService.answering(head -> "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        Visitor visitor = edge.visitor()) {
      edge.serve("foo.localhost", service.port());
      visitor.say(WISH.replace("websocket", "h2c")).answer();
      visitor.say(WISH.replace("keep-alive, Upgrade", "keep-alive")).answer();
      visitor.say(WISH.replace("\r\n\r\n", "\r\nContent-Length: 1\r\n\r\n") + "x").answer();
      assertThat(service.seen())
          .doesNotContainIgnoringCase("upgrade")
          .doesNotContainIgnoringCase("connection:");
    }
  }
}
