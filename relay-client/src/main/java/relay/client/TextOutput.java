package relay.client;

import java.io.PrintStream;
import org.jspecify.annotations.Nullable;
import relay.client.local.LocalAddress;
import relay.client.session.TunnelEvent;

/** For people: a line each. */
final class TextOutput implements Output {

  // ECMA-48 §8.3.117
  private static final String BOLD_GREEN = "\u001b[1;32m";
  private static final String RED = "\u001b[31m";
  private static final String PLAIN = "\u001b[0m";

  private final PrintStream out;
  private final PrintStream err;
  private final boolean colours;
  private final LocalAddress local;
  private @Nullable String address;

  TextOutput(PrintStream out, PrintStream err, boolean colours, LocalAddress local) {
    this.out = out;
    this.err = err;
    this.colours = colours;
    this.local = local;
  }

  @Override
  public void show(TunnelEvent event) {
    if (event instanceof TunnelEvent.Open open) {
      open(open);
    } else if (event instanceof TunnelEvent.Visits visits) {
      print(out, String.join(System.lineSeparator(), visits.lines()));
    } else if (event instanceof TunnelEvent.Offline offline) {
      print(err, trouble(offline.why() + "; trying again"));
    } else if (event instanceof TunnelEvent.Notice notice) {
      print(err, "relay: " + notice.line());
    } else if (event instanceof TunnelEvent.Local service) {
      print(err, service.up() ? "relay: " + service.line() : trouble(service.line()));
    } else if (event instanceof TunnelEvent.Ended ended && !ended.why().isEmpty()) {
      print(err, trouble((ended.code() == null ? "" : ended.code() + ": ") + ended.why()));
    }
  }

  /** The address comes before anything else that may look like one: scripts take the first. */
  private void open(TunnelEvent.Open open) {
    if (open.address().equals(address)) {
      print(err, "relay: " + address + " is back");
      return;
    }
    address = open.address();
    print(out, coloured(BOLD_GREEN, open.address()) + " -> " + local);
  }

  private String trouble(String line) {
    return coloured(RED, "relay:") + " " + line;
  }

  private String coloured(String style, String text) {
    return colours ? style + text + PLAIN : text;
  }

  private static void print(PrintStream to, String line) {
    to.println(line);
    to.flush();
  }
}
