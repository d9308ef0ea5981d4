package relay.client.session;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.PathPrefix;

/**
 * What is asked for with {@code tcpip-forward} (RFC 4254 §7.1).
 *
 * @param host a name, or {@code localhost} for the server's choice; with the path below it
 * @param port 80 for HTTP; 0 for any TCP port
 * @param words what a relay is told before: {@code key=value}, as behind an ssh command
 * @param returning whether an earlier connection had it: it is not taken back from who has it now
 */
public record Forward(String host, int port, List<String> words, boolean returning) {

  private static final String ANY = "localhost";
  private static final int HTTP = 80;

  public Forward {
    words = List.copyOf(words);
  }

  /**
   * An HTTP endpoint.
   *
   * @param name the name wanted; null for the identity's own
   * @param path what is wanted of the name
   * @param words each {@code key=value}, without a space
   */
  public static Forward http(@Nullable String name, PathPrefix path, List<String> words) {
    return new Forward((name == null ? ANY : name) + path.value(), HTTP, words, false);
  }

  /**
   * A public TCP port.
   *
   * @param port the port wanted; 0 for any
   * @param words each {@code key=value}, without a space
   */
  public static Forward tcp(int port, List<String> words) {
    return new Forward(ANY, port, words, false);
  }

  /** The same of an earlier connection, where the server gave it this port. */
  Forward again(int givenPort) {
    return new Forward(host, givenPort, words, true);
  }

  /** The flags that only a relay understands, as they were given. */
  List<String> onlyForRelays() {
    List<String> flags = new ArrayList<>();
    if (host.indexOf('/') >= 0) {
      flags.add("--path");
    }
    words.forEach(word -> flags.add("--" + word.substring(0, word.indexOf('='))));
    return flags;
  }

  /** For people: the name, or the kind where the server chooses. */
  String wanted() {
    if (port != HTTP) {
      return port == 0 ? "a TCP port" : "TCP port " + port;
    }
    int slash = host.indexOf('/');
    String name = slash < 0 ? host : host.substring(0, slash);
    String path = slash < 0 ? "" : " with the path " + host.substring(slash);
    return (name.equals(ANY) ? "a name" : "the name " + name) + path;
  }
}
