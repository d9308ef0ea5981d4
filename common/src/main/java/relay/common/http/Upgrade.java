package relay.common.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A wish to leave HTTP (RFC 9110 §7.8), as {@code websocket}. It is one only where {@code
 * Connection} names it; and it is granted only by a 101 that names a protocol asked for.
 *
 * @param protocols as asked for, without {@code h2c}: HTTP/2 behind this hop would be unparsed
 */
public record Upgrade(List<String> protocols) {

  /** The wish that a request makes, or null. */
  public static @Nullable Upgrade of(RequestHead request) {
    HttpHeaders headers = request.headers();
    List<String> values = headers.getAll(HttpHeaderNames.UPGRADE);
    if (values.isEmpty()
        || request.isHttp10()
        || request.length() != 0
        || !Tokens.contains(headers.getAll(HttpHeaderNames.CONNECTION), "upgrade")) {
      return null;
    }
    List<String> protocols =
        values.stream()
            .flatMap(value -> Tokens.of(value).stream())
            .filter(Upgrade::isProtocol)
            .filter(protocol -> !protocol.equalsIgnoreCase("h2c"))
            .toList();
    return protocols.isEmpty() ? null : new Upgrade(protocols);
  }

  /** The protocol that a 101 switches to, or null where it grants nothing that was asked. */
  public @Nullable String grantedBy(HttpResponse answer) {
    HttpHeaders headers = answer.headers();
    List<String> values = headers.getAll(HttpHeaderNames.UPGRADE);
    if (values.size() != 1
        || !Tokens.contains(headers.getAll(HttpHeaderNames.CONNECTION), "upgrade")) {
      return null;
    }
    String granted = values.get(0).trim();
    return protocols.stream().anyMatch(granted::equalsIgnoreCase) ? granted : null;
  }

  /** As the Upgrade header says it. */
  public String value() {
    return String.join(", ", protocols);
  }

  /** {@code name} or {@code name/version}. */
  private static boolean isProtocol(String text) {
    int slash = text.indexOf('/');
    return slash < 0
        ? Tokens.isToken(text)
        : Tokens.isToken(text.substring(0, slash)) && Tokens.isToken(text.substring(slash + 1));
  }
}
