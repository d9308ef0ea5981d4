package relay.server;

import java.util.Set;
import java.util.TreeSet;

/** What this machine really listens on, as the kernel tells it. */
final class Listening {

  private Listening() {}

  /**
   * The addresses on which somebody listens on the port, as {@code ss} writes them: {@code
   * 127.0.0.1}, {@code [::1]}, {@code 0.0.0.0}, {@code [::]}; {@code *} would be both families by
   * one socket.
   */
  static Set<String> on(int port) {
    Set<String> addresses = new TreeSet<>();
    for (String line : Command.run("ss", "-Hltn", "sport", "=", ":" + port).lines().toList()) {
      if (!line.isBlank()) {
        String local = line.split(" +", -1)[3];
        addresses.add(local.substring(0, local.lastIndexOf(':')));
      }
    }
    return addresses;
  }
}
