package relay.server.ssh;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Endpoint;
import relay.common.endpoint.Hostname;
import relay.common.endpoint.PathPrefix;
import relay.server.config.PublicUrl;

/**
 * How tunnels' public addresses are written. Immutable.
 *
 * @param shown the schemes and ports that tunnels are told at, https first; not empty
 * @param https where visitors can be sent to by https, or null for nowhere
 * @param domain the names' domain, also shown as the host of TCP ports
 * @param probe the port on this machine to which an HTTP request can be sent whose name nobody
 *     resolves; 0 for none
 */
public record PublicUrls(
    List<PublicUrl> shown, @Nullable PublicUrl https, Hostname domain, int probe) {

  private static final Hostname LOCALHOST = Hostname.of("localhost");

  /**
   * @param address the URL, the https one where there is one, or host and port
   * @param lines what a person is shown, the address first
   */
  record Shown(String address, List<String> lines) {}

  /**
   * What there is to show.
   *
   * @param http the port of the HTTP listener, 0 where it is off
   * @param https the port of the HTTPS listener, 0 where it is off
   * @param instead what the operator wants shown, or null for the listeners
   */
  public static PublicUrls of(Hostname domain, int http, int https, @Nullable PublicUrl instead) {
    PublicUrl secure = https > 0 ? new PublicUrl("https", https) : null;
    if (instead != null) {
      boolean isSecure = instead.scheme().equals("https");
      return new PublicUrls(List.of(instead), isSecure ? instead : secure, domain, http);
    }
    List<PublicUrl> shown = new ArrayList<>();
    if (secure != null) {
      shown.add(secure);
    }
    if (http > 0 || secure == null) {
      shown.add(new PublicUrl("http", http));
    }
    return new PublicUrls(List.copyOf(shown), secure, domain, http);
  }

  /** The port at which visitors can come by https; 0 where they cannot. */
  public int httpsPort() {
    return https == null ? 0 : https.port();
  }

  /** What visitors speak on a port of a name: {@code http}, {@code https}, or null for neither. */
  @Nullable String scheme(int port) {
    for (PublicUrl url : shown) {
      if (url.port() == port) {
        return url.scheme();
      }
    }
    return port == 80 ? "http" : port == 443 ? "https" : null;
  }

  /** Host, and the port where it is not the scheme's own, of the first URL shown. */
  String authority(Hostname host) {
    return host + shown.get(0).suffix();
  }

  Shown of(Endpoint endpoint) {
    if (endpoint instanceof Endpoint.Tcp tcp) {
      String address = domain + ":" + tcp.port();
      return new Shown(address, List.of("TCP: " + address));
    }
    if (endpoint instanceof Endpoint.Http http) {
      List<String> lines = new ArrayList<>();
      for (PublicUrl url : shown) {
        String label = url.scheme().equals("https") ? "HTTPS: " : "HTTP: ";
        lines.add(label + url.of(http.host()) + http.path());
      }
      if (http.host().isUnder(LOCALHOST) && probe > 0) {
        lines.add(curl(http));
      }
      return new Shown(shown.get(0).of(http.host()) + http.path(), List.copyOf(lines));
    }
    if (endpoint instanceof Endpoint.Tls tls) {
      String address = tls.host() + ":" + httpsPort();
      return new Shown(address, List.of("TLS: " + address));
    }
    Endpoint.Alias alias = (Endpoint.Alias) endpoint;
    String address = alias.name().firstLabel() + ":" + alias.port();
    return new Shown(address, List.of("TCP Alias: " + address));
  }

  private String curl(Endpoint.Http http) {
    return "      curl -H 'Host: "
        + http.host()
        + shown.get(shown.size() - 1).suffix()
        + "' http://127.0.0.1:"
        + probe
        + (http.path().equals(PathPrefix.ALL) ? "/" : http.path().value());
  }
}
