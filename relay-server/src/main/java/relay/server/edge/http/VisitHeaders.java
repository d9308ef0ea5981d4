package relay.server.edge.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Endpoint;
import relay.common.endpoint.Hostname;
import relay.common.endpoint.PathPrefix;
import relay.common.http.CookieDomain;
import relay.common.http.Fields;
import relay.common.http.Forwarded;
import relay.common.http.HostMapping;
import relay.common.http.RequestHead;
import relay.common.http.Upgrade;
import relay.server.tunnel.Tunnel;
import relay.server.tunnel.TunnelOptions;

/** What the fields of one request and of its answer become on their way through the relay. */
final class VisitHeaders {

  private static final AsciiString PREFIX = AsciiString.cached("X-Forwarded-Prefix");

  private final Forwarded visit;
  private final Hostname domain;
  private final @Nullable HostMapping mapping;
  private final PathPrefix stripped;

  /**
   * @param domain the base domain, for which no tunnel may set a cookie
   */
  VisitHeaders(Forwarded visit, Hostname domain, Tunnel tunnel, TunnelOptions options) {
    this.visit = visit;
    this.domain = domain;
    mapping = HostMapping.of(options.hostHeader(), tunnel.upstream().isTls(), visit);
    stripped =
        options.stripPath() && tunnel.endpoint() instanceof Endpoint.Http http
            ? http.path()
            : PathPrefix.ALL;
  }

  /** Makes of a visitor's request the one that the service gets. */
  void request(RequestHead head, @Nullable Upgrade upgrade) {
    HttpHeaders headers = head.headers();
    boolean saysLength = headers.contains(HttpHeaderNames.CONTENT_LENGTH);
    Fields.cleanRequest(headers);
    if (mapping == null) {
      visit.addTo(headers);
    } else {
      mapping.request(headers);
    }
    if (!stripped.equals(PathPrefix.ALL)) {
      head.strip(stripped);
      headers.set(PREFIX, stripped.value());
    }
    if (head.length() == RequestHead.CHUNKED) {
      headers.set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
    } else if (saysLength) {
      headers.set(HttpHeaderNames.CONTENT_LENGTH, Long.toString(head.length()));
    }
    if (upgrade != null) {
      headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE);
      headers.set(HttpHeaderNames.UPGRADE, upgrade.value());
    }
    if (head.isHttp10()) {
      headers.remove(HttpHeaderNames.EXPECT); // RFC 9110 §10.1.1
    }
  }

  /** Tells the visitor whether another request may follow. */
  static void connection(HttpHeaders answer, boolean keepAlive, boolean http10) {
    if (!keepAlive) {
      answer.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    } else if (http10) {
      answer.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE);
    }
  }

  /** Makes of a service's answer what the visitor gets, but for the framing fields, now removed. */
  void answer(HttpHeaders headers) {
    Fields.removeHopByHop(headers);
    if (mapping != null) {
      mapping.answer(headers);
    }
    CookieDomain.keepBelow(domain, headers);
  }
}
