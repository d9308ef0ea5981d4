package relay.common.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Authority;
import relay.common.endpoint.LocalName;

/**
 * Lets a service that insists on its own name be asked by that name, and the visitor see the public
 * one: a request's {@code Host}, {@code Origin} and {@code Referer}, and an answer's {@code
 * Location}, {@code Content-Location}, {@code Refresh}, {@code Access-Control-Allow-Origin} and
 * cookie domains. Bodies are not touched.
 */
public final class HostMapping {

  private static final AsciiString REFRESH = AsciiString.cached("refresh");

  private final LocalName local;
  private final String localScheme;
  private final String publicScheme;
  private final Authority publicAuthority;
  private final Forwarded told;

  private HostMapping(LocalName local, boolean localTls, Forwarded visit) {
    this.local = local;
    this.localScheme = localTls ? "https" : "http";
    this.publicScheme = visit.scheme();
    this.publicAuthority = visit.authority();
    this.told =
        local.isLoopback()
            ? new Forwarded(visit.client(), localScheme, local.text(), local.authority())
            : visit;
  }

  /**
   * For one request and its answer.
   *
   * @param local the service's name; null for one that is asked by the visitor's own Host
   * @param localTls whether the service's own URLs begin with https
   * @param visit by which URL the visitor came
   * @return null where there is nothing to map
   */
  public static @Nullable HostMapping of(
      @Nullable LocalName local, boolean localTls, Forwarded visit) {
    return local == null ? null : new HostMapping(local, localTls, visit);
  }

  /**
   * From the public name to the service's own, and adds the forwarded headers. In those, a service
   * on the loopback interface does not find the public URL either: where {@code X-Forwarded-Host}
   * is there, frameworks compare the Origin with it, and refuse one that they do not know.
   */
  public void request(HttpHeaders headers) {
    told.addTo(headers);
    headers.set(HttpHeaderNames.HOST, local.text());
    map(headers, HttpHeaderNames.ORIGIN, this::toLocal);
    map(headers, HttpHeaderNames.REFERER, this::toLocal);
  }

  /** From the service's own name to the public one. */
  public void answer(HttpHeaders headers) {
    map(headers, HttpHeaderNames.LOCATION, this::toPublic);
    map(headers, HttpHeaderNames.CONTENT_LOCATION, this::toPublic);
    map(headers, HttpHeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, this::toPublic);
    map(headers, REFRESH, this::refresh);
    CookieDomain.removeIf(headers, local::isMeantBy);
  }

  private interface Mapping {
    String of(String value);
  }

  private static void map(HttpHeaders headers, AsciiString name, Mapping mapping) {
    List<String> values = headers.getAll(name);
    if (!values.isEmpty()) {
      headers.set(name, values.stream().map(mapping::of).toList());
    }
  }

  private String toLocal(String url) {
    int start = authorityStart(url);
    if (start < 0 || !url.substring(0, start - 3).equalsIgnoreCase(publicScheme)) {
      return url;
    }
    int end = authorityEnd(url, start);
    Authority named = Authority.parse(url.substring(start, end));
    return named != null && isPublic(named)
        ? localScheme + "://" + local.text() + url.substring(end)
        : url;
  }

  private boolean isPublic(Authority named) {
    int port = schemePort(publicScheme);
    return named.host().equals(publicAuthority.host())
        && (named.port() < 0 ? port : named.port())
            == (publicAuthority.port() < 0 ? port : publicAuthority.port());
  }

  private String toPublic(String url) {
    boolean relative = url.startsWith("//");
    int start = relative ? 2 : authorityStart(url);
    if (start < 0) {
      return url;
    }
    String scheme = relative ? localScheme : url.substring(0, start - 3).toLowerCase(Locale.ROOT);
    int end = authorityEnd(url, start);
    Authority named = Authority.parse(url.substring(start, end));
    if (named == null || !local.isMeantBy(named, schemePort(scheme))) {
      return url;
    }
    return (relative ? "//" : publicScheme + "://") + publicAuthority + url.substring(end);
  }

  /** {@code 5; url=http://localhost:3000/}, the URL with or without quotes. */
  private String refresh(String value) {
    int url = value.toLowerCase(Locale.ROOT).indexOf("url=");
    if (url < 0) {
      return value;
    }
    int start = url + "url=".length();
    if (start < value.length() && (value.charAt(start) == '"' || value.charAt(start) == '\'')) {
      start++;
    }
    return value.substring(0, start) + toPublic(value.substring(start));
  }

  /** Behind {@code http://} or {@code https://}, or -1. */
  private static int authorityStart(String url) {
    if (url.regionMatches(true, 0, "http://", 0, 7)) {
      return 7;
    }
    return url.regionMatches(true, 0, "https://", 0, 8) ? 8 : -1;
  }

  /** RFC 3986 §3.2; and a backslash, which browsers take for a slash. */
  private static int authorityEnd(String url, int start) {
    int end = start;
    while (end < url.length() && "/?#\\\"'".indexOf(url.charAt(end)) < 0) {
      end++;
    }
    return end;
  }

  private static int schemePort(String scheme) {
    return scheme.equals("https") ? 443 : 80;
  }
}
