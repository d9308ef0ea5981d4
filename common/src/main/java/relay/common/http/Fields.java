package relay.common.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Which header fields end at this hop. First those go that only concern one connection, the ones
 * nominated by {@code Connection} included (RFC 9110 §7.6.1); ours are added after that, so that a
 * nomination cannot remove them.
 */
public final class Fields {

  private static final AsciiString KEEP_ALIVE = AsciiString.cached("keep-alive");
  private static final AsciiString PROXY_CONNECTION = AsciiString.cached("proxy-connection");
  private static final AsciiString HTTP2_SETTINGS = AsciiString.cached("http2-settings");
  private static final String PROXY = "proxy-";

  private Fields() {}

  /** Removes what concerns one connection; the framing fields too: each hop sets its own. */
  public static void removeHopByHop(HttpHeaders headers) {
    List<String> connection = headers.getAll(HttpHeaderNames.CONNECTION);
    for (String value : connection) {
      for (String token : Tokens.of(value)) {
        // Without Host the message would not be one any more.
        if (!token.equalsIgnoreCase("host") && Tokens.isToken(token)) {
          headers.remove(token);
        }
      }
    }
    headers.remove(HttpHeaderNames.CONNECTION);
    headers.remove(HttpHeaderNames.TRANSFER_ENCODING);
    headers.remove(HttpHeaderNames.CONTENT_LENGTH);
    headers.remove(HttpHeaderNames.UPGRADE);
    headers.remove(KEEP_ALIVE);
    headers.remove(PROXY_CONNECTION);
  }

  /** As {@link #removeHopByHop}, and what a visitor may say to a proxy, or pretend to be one. */
  public static void cleanRequest(HttpHeaders headers) {
    removeHopByHop(headers);
    headers.remove(HttpHeaderNames.TE);
    headers.remove(HTTP2_SETTINGS);
    removeIf(headers, Fields::isNotForService);
  }

  /** Trailers may tell what became known late, and nothing that steers the message. */
  public static void cleanTrailers(HttpHeaders trailers) {
    if (!trailers.isEmpty()) {
      removeHopByHop(trailers);
      trailers.remove(HttpHeaderNames.HOST);
      trailers.remove(HttpHeaderNames.AUTHORIZATION);
      trailers.remove(HttpHeaderNames.COOKIE);
      trailers.remove(HttpHeaderNames.SET_COOKIE);
      removeIf(trailers, Fields::isNotForService);
    }
  }

  /**
   * Proxy-*, and every spelling of a forwarding or framing field: CGI, WSGI and PHP read {@code
   * X_Forwarded_For} as {@code X-Forwarded-For}.
   */
  static boolean isNotForService(CharSequence name) {
    char first = name.charAt(0);
    boolean underscore = AsciiString.indexOf(name, '_', 0) >= 0;
    if (!underscore && "xXfFpP".indexOf(first) < 0) {
      return false;
    }
    String canonical = name.toString().toLowerCase(Locale.ROOT).replace('_', '-');
    return canonical.startsWith(PROXY)
        || canonical.startsWith("x-forwarded-")
        || canonical.equals("x-forwarded")
        || canonical.equals("forwarded")
        || canonical.equals("x-real-ip")
        || (underscore
            && (canonical.equals("content-length") || canonical.equals("transfer-encoding")));
  }

  private interface Test {
    boolean matches(CharSequence name);
  }

  private static void removeIf(HttpHeaders headers, Test test) {
    List<CharSequence> found = null;
    Iterator<Map.Entry<CharSequence, CharSequence>> all = headers.iteratorCharSequence();
    while (all.hasNext()) {
      CharSequence name = all.next().getKey();
      if (test.matches(name)) {
        found = found == null ? new ArrayList<>() : found;
        found.add(name);
      }
    }
    if (found != null) {
      found.forEach(headers::remove);
    }
  }
}
