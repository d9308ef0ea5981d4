package relay.server.ssh;

import java.util.List;
import relay.common.endpoint.Endpoint;
import relay.common.endpoint.Hostname;
import relay.common.endpoint.PathPrefix;

/**
 * How tunnels' public addresses are written. Immutable.
 *
 * @param scheme {@code http} or {@code https}
 * @param port of the URLs
 * @param domain the names' domain, also shown as the host of TCP ports
 * @param probe the host and port on this machine to which an HTTP request can be sent whose name
 *     nobody resolves
 */
public record PublicUrls(String scheme, int port, Hostname domain, String probe) {

  private static final Hostname LOCALHOST = Hostname.of("localhost");

  /**
   * @param address the URL, or host and port
   * @param lines what a person is shown, the address first
   */
  record Shown(String address, List<String> lines) {}

  /** Where visitors come in by HTTPS; 0 for nowhere. */
  public int httpsPort() {
    return scheme.equals("https") ? port : 0;
  }

  /** Host, and the port where it is not the scheme's own. */
  String authority(Hostname host) {
    boolean usual = port == (scheme.equals("https") ? 443 : 80);
    return usual ? host.value() : host + ":" + port;
  }

  Shown of(Endpoint endpoint) {
    if (endpoint instanceof Endpoint.Tcp tcp) {
      String address = domain + ":" + tcp.port();
      return new Shown(address, List.of("TCP: " + address));
    }
    if (endpoint instanceof Endpoint.Http http) {
      String url = scheme + "://" + authority(http.host()) + http.path();
      String line = (scheme.equals("https") ? "HTTPS: " : "HTTP: ") + url;
      if (!http.host().isUnder(LOCALHOST)) {
        return new Shown(url, List.of(line));
      }
      return new Shown(
          url,
          List.of(
              line,
              "      curl -H 'Host: "
                  + authority(http.host())
                  + "' http://"
                  + probe
                  + (http.path().equals(PathPrefix.ALL) ? "/" : http.path().value())));
    }
    return new Shown(endpoint.toString(), List.of("TCP Alias: " + endpoint));
  }
}
