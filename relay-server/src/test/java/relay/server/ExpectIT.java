package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import relay.server.oracle.RawVisitor;

/** {@code Expect: 100-continue} is between the visitor and the service (RFC 9110 §10.1.1). */
class ExpectIT {

  private static final String POST =
      "POST / HTTP/1.1\r\nHost: foo.localhost\r\nExpect: 100-continue\r\n";
  private static final String TRAP = "GET /trap HTTP/1.1\r\nHost: foo.localhost\r\n\r\n";

  @RegisterExtension final RelayNode node = RelayNode.with();

  private final CompletableFuture<String> seen = new CompletableFuture<>();

  private RawVisitor visit(LocalService.Connection service) throws IOException {
    node.start(
            node.ssh("ann").forward("foo:80:127.0.0.1:" + node.service(service).port()).console())
        .awaitOut("HTTP: ");
    return node.closing(new RawVisitor(node.httpAddress()));
  }

  /** Says no to the head alone, and keeps what comes after it. */
  private RawVisitor visitWhoIsRefused() throws IOException {
    return visit(socket -> {
      Wire.head(socket.getInputStream());
      Wire.send(socket, "HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno");
      seen.complete(Wire.rest(socket.getInputStream()));
    });
  }

  @Test
  void serviceSaysContinue_bodyIsSentThen() throws Exception {
    RawVisitor visitor =
        visit(socket -> {
          Wire.head(socket.getInputStream());
          assertThat(socket.getInputStream().available()).isZero();
          Wire.send(socket, "HTTP/1.1 100 Continue\r\n\r\n");
          String body = Wire.text(socket.getInputStream(), 4);
          Wire.send(socket, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n" + body);
        });
    visitor.say(POST + "Content-Length: 4\r\n\r\n");
    assertThat(visitor.line("\r\n\r\n")).startsWith("HTTP/1.1 100 ");
    assertThat(visitor.say("body").answer().body()).isEqualTo("body");
  }

  @Test
  void serviceRefusesAtOnce_visitorHearsItAndNoBodyIsWaitedFor() throws Exception {
    RawVisitor visitor = visitWhoIsRefused();
    visitor.say(POST + "Content-Length: 1000000\r\n\r\n");

    RawVisitor.Answer answer = visitor.answer();
    assertThat(answer.status()).isEqualTo(401);
    assertThat(answer.head()).containsIgnoringCase("\r\nconnection: close\r\n");
    assertThat(visitor.rest()).isEmpty();
    assertThat(seen.get(20, TimeUnit.SECONDS)).isEmpty();
  }

  @Test
  void serviceRefusesAtOnce_bodySentAllTheSameIsNoRequest() throws Exception {
    RawVisitor visitor = visitWhoIsRefused();
    visitor.say(POST + "Content-Length: " + (TRAP.length() + 1) + "\r\n\r\n");
    assertThat(visitor.answer().status()).isEqualTo(401);

    visitor.say(TRAP);
    assertThat(visitor.rest()).isEmpty();
    assertThat(TRAP).startsWith(seen.get(20, TimeUnit.SECONDS));
  }

  @Test
  void visitorDoesNotWait_bodyPasses() throws Exception {
    RawVisitor visitor =
        visit(socket -> {
          while (true) {
            String head = Wire.head(socket.getInputStream());
            int length = Integer.parseInt(Wire.field(head, "content-length"));
            String body = Wire.text(socket.getInputStream(), length);
            Wire.send(socket, "HTTP/1.1 200 OK\r\nContent-Length: " + length + "\r\n\r\n" + body);
          }
        });
    String one = POST + "Content-Length: " + TRAP.length() + "\r\n\r\n" + TRAP;
    visitor.say(one + one);
    assertThat(visitor.answer().body()).isEqualTo(TRAP);
    assertThat(visitor.answer().body()).isEqualTo(TRAP);
  }
}
