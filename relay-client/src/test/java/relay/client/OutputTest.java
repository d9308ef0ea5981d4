package relay.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import relay.client.local.LocalAddress;
import relay.client.session.TunnelEvent;
import relay.client.session.TunnelEvent.Reason;

class OutputTest {

  private static final LocalAddress LOCAL = new LocalAddress("localhost", 3000);

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private static PrintStream to(ByteArrayOutputStream bytes) {
    return new PrintStream(bytes, true, StandardCharsets.UTF_8);
  }

  private static String text(ByteArrayOutputStream bytes) {
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static void everything(Output output) {
    output.show(new TunnelEvent.Open("http://foo.localhost:8080", "foo", 80));
    output.show(new TunnelEvent.Visits(List.of("GET / \"é\"")));
    output.show(new TunnelEvent.Local(false, "local service localhost:3000: connection refused"));
    output.show(new TunnelEvent.Local(true, "local service localhost:3000 answers again"));
    output.show(new TunnelEvent.Offline("the server closed the connection"));
    output.show(new TunnelEvent.Open("http://foo.localhost:8080", "foo", 80));
    output.show(new TunnelEvent.Open("http://bar.localhost:8080", "localhost", 80));
    output.show(new TunnelEvent.Notice("something"));
    output.show(new TunnelEvent.Ended(Reason.ENDPOINT_REFUSED, "it is taken", "RELAY-NAME-TAKEN"));
    output.show(new TunnelEvent.Ended(Reason.STOPPED, "", null));
  }

  @Test
  void text_addressAndVisitsOnOut_troubleOnErr() {
    everything(new TextOutput(to(out), to(err), false, LOCAL));
    assertThat(text(out))
        .isEqualToNormalizingNewlines(
            """
            http://foo.localhost:8080 -> localhost:3000
            GET / "é"
            http://bar.localhost:8080 -> localhost:3000
            """);
    assertThat(text(err))
        .isEqualToNormalizingNewlines(
            """
            relay: local service localhost:3000: connection refused
            relay: local service localhost:3000 answers again
            relay: the server closed the connection; trying again
            relay: http://foo.localhost:8080 is back
            relay: something
            relay: RELAY-NAME-TAKEN: it is taken
            """);
  }

  @Test
  void text_onATerminal_isColoured() {
    new TextOutput(to(out), to(err), true, LOCAL)
        .show(new TunnelEvent.Open("http://foo.localhost", "foo", 80));
    assertThat(text(out)).startsWith("\u001b[1;32mhttp://foo.localhost\u001b[0m -> localhost:3000");
  }

  @Test
  void json_isOneAsciiObjectALine() {
    everything(new JsonOutput(to(out), to(err), LOCAL));
    assertThat(text(out))
        .isEqualToNormalizingNewlines(
            """
            {"event":"open","url":"http://foo.localhost:8080","host":"foo","port":80,"local":"localhost:3000"}
            {"event":"visit","line":"GET / \\"\\u00E9\\""}
            {"event":"open","url":"http://foo.localhost:8080","host":"foo","port":80,"local":"localhost:3000"}
            {"event":"open","url":"http://bar.localhost:8080","host":"localhost","port":80,"local":"localhost:3000"}
            """);
    assertThat(text(err))
        .isEqualToNormalizingNewlines(
            """
            {"event":"local-down","message":"local service localhost:3000: connection refused"}
            {"event":"local-up","message":"local service localhost:3000 answers again"}
            {"event":"offline","message":"the server closed the connection"}
            {"event":"notice","message":"something"}
            {"event":"ended","reason":"endpoint-refused","code":"RELAY-NAME-TAKEN","message":"it is taken","exit":4}
            {"event":"ended","reason":"stopped","message":"","exit":0}
            """);
  }

  @Test
  void queue_visitsThatAreTooMany_areCounted_andTheEndIsShown() {
    EventQueue events = new EventQueue();
    for (int i = 0; i < 1200; i++) {
      events.add(new TunnelEvent.Visits(List.of("v")));
    }
    events.add(new TunnelEvent.Ended(Reason.TAKEN_OVER, "over", null));
    int exit = events.showUntilEnded(new TextOutput(to(out), to(err), false, LOCAL));
    assertThat(exit).isEqualTo(ExitCode.TAKEN_OVER);
    assertThat(text(out).lines()).hasSize(1000);
    assertThat(text(err)).contains("200 visits are not shown", "over");
  }
}
