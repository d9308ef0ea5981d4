package relay.client;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Help.Ansi;
import relay.client.local.LocalAddress;
import relay.client.session.Person;
import relay.client.session.Reconnect;
import relay.client.session.Settings;

/**
 * Where {@code relay} runs; {@code Main} reads it once.
 *
 * @param user who logs in where nobody else is named
 * @param agent the socket of the ssh-agent
 * @param token of {@code RELAY_TOKEN}; null for none
 * @param started told of the tunnel, so that it can be stopped from outside
 */
record Environment(
    String user,
    Path home,
    @Nullable Path agent,
    @Nullable String token,
    Person person,
    PrintStream out,
    PrintStream err,
    Consumer<Reconnect> started) {

  /** Without the token, which belongs into no message. */
  @Override
  public String toString() {
    return "environment of " + user;
  }

  /** Opens the tunnel and shows what happens to it until it is over. */
  int run(Settings settings, LocalAddress local, boolean json) {
    Output output =
        json
            ? new JsonOutput(out, err, local)
            : new TextOutput(out, err, Ansi.AUTO.enabled(), local);
    EventQueue events = new EventQueue();
    Reconnect tunnel = new Reconnect(settings, local, events::add);
    started.accept(tunnel);
    tunnel.start();
    return events.showUntilEnded(output);
  }
}
