package relay.common.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import relay.common.endpoint.Hostname;

/**
 * The {@code Domain} attribute of cookies (RFC 6265 §5.2.3). Without it a cookie is host-only: it
 * stays with the name that set it.
 */
public final class CookieDomain {

  private CookieDomain() {}

  /**
   * Removes the attribute where the cookie would go to all tunnels of a base domain, or beyond.
   *
   * @param base the domain below which the tunnels' names are
   */
  public static void keepBelow(Hostname base, HttpHeaders answer) {
    removeIf(answer, domain -> isAtOrAbove(base, domain));
  }

  private static boolean isAtOrAbove(Hostname base, String domain) {
    Hostname named = Hostname.parse(domain);
    // What is no hostname here may become one in a browser: they undo percent-encoding, for one.
    return named == null || named.equals(base) || base.isUnder(named);
  }

  /** Removes the attribute where its value, without a leading dot, is one of those. */
  static void removeIf(HttpHeaders answer, Predicate<String> domains) {
    List<String> cookies = answer.getAll(HttpHeaderNames.SET_COOKIE);
    if (cookies.isEmpty()) {
      return;
    }
    List<String> kept = new ArrayList<>(cookies.size());
    boolean changed = false;
    for (String cookie : cookies) {
      String without = without(cookie, domains);
      changed |= !without.equals(cookie);
      kept.add(without);
    }
    if (changed) {
      answer.set(HttpHeaderNames.SET_COOKIE, kept);
    }
  }

  private static String without(String cookie, Predicate<String> domains) {
    int from = cookie.indexOf(';');
    if (from < 0) {
      return cookie;
    }
    StringBuilder kept = new StringBuilder(cookie.length()).append(cookie, 0, from);
    while (from < cookie.length()) {
      int next = cookie.indexOf(';', from + 1);
      int to = next < 0 ? cookie.length() : next;
      String attribute = cookie.substring(from + 1, to);
      int equals = attribute.indexOf('=');
      boolean removed =
          equals >= 0
              && attribute.substring(0, equals).strip().equalsIgnoreCase("domain")
              && domains.test(host(attribute.substring(equals + 1)));
      if (!removed) {
        kept.append(cookie, from, to);
      }
      from = to;
    }
    return kept.toString();
  }

  private static String host(String value) {
    String host = value.strip();
    return host.startsWith(".") ? host.substring(1) : host;
  }
}
