package relay.common.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

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
    Set<String> nominated = nominated(headers.getAll(HttpHeaderNames.CONNECTION));
    if (!nominated.isEmpty()) {
      removeIf(headers, name -> nominated.contains(name.toString()));
    }
    headers.remove(HttpHeaderNames.CONNECTION);
    headers.remove(HttpHeaderNames.TRANSFER_ENCODING);
    headers.remove(HttpHeaderNames.CONTENT_LENGTH);
    headers.remove(HttpHeaderNames.UPGRADE);
    headers.remove(KEEP_ALIVE);
    headers.remove(PROXY_CONNECTION);
  }

  /** The fields that {@code Connection} names, but for those that are removed, or stay, anyway. */
  private static Set<String> nominated(List<String> connection) {
    Set<String> names = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
    for (String value : connection) {
      for (String token : Tokens.of(value)) {
        boolean decided =
            token.equalsIgnoreCase("keep-alive")
                || token.equalsIgnoreCase("close")
                || token.equalsIgnoreCase("upgrade")
                || token.equalsIgnoreCase("host"); // else it would not be a message any more
        if (!decided && Tokens.isToken(token)) {
          names.add(token);
        }
      }
    }
    return names;
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

  /** One pass, however many fields go: to look for each by its name costs lines times names. */
  private static void removeIf(HttpHeaders headers, Test test) {
    List<Map.Entry<CharSequence, CharSequence>> kept = new ArrayList<>(headers.size());
    Iterator<Map.Entry<CharSequence, CharSequence>> all = headers.iteratorCharSequence();
    while (all.hasNext()) {
      Map.Entry<CharSequence, CharSequence> field = all.next();
      if (!test.matches(field.getKey())) {
        kept.add(field);
      }
    }
    if (kept.size() < headers.size()) {
      headers.clear();
      kept.forEach(field -> headers.add(field.getKey(), field.getValue()));
    }
  }
}
