package relay.client.local;

import io.netty.channel.ConnectTimeoutException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.util.Locale;

/** Why a connection was not made, in the words that a person knows. */
public final class ConnectFailure {

  private ConnectFailure() {}

  /** A few words without the address, such as {@code connection refused}. */
  public static String words(Throwable cause) {
    if (cause instanceof UnknownHostException) {
      return "unknown host";
    }
    if (cause instanceof ConnectTimeoutException) {
      return "no answer";
    }
    if (cause instanceof NoRouteToHostException) {
      return "no route to host";
    }
    String message = String.valueOf(cause.getMessage());
    String lower = message.toLowerCase(Locale.ROOT);
    if (lower.contains("refused")) {
      return "connection refused";
    }
    if (lower.contains("unreachable")) {
      return "network unreachable";
    }
    return message;
  }
}
