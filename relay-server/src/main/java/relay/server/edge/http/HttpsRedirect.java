package relay.server.edge.http;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import relay.common.http.RequestHead;

/**
 * Sends a visitor to the same URL with https. Temporarily (307, which keeps the method): whether a
 * tunnel forces HTTPS is its owner's wish of today, and a browser would keep a permanent one.
 */
final class HttpsRedirect {

  private HttpsRedirect() {}

  static FullHttpResponse of(RequestHead head, String host, int port, boolean keepAlive) {
    FullHttpResponse answer =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1, HttpResponseStatus.TEMPORARY_REDIRECT, Unpooled.EMPTY_BUFFER);
    String target = head.originForm().equals("*") ? "/" : head.originForm();
    String authority = host + (port == 443 ? "" : ":" + port);
    answer
        .headers()
        .set(HttpHeaderNames.LOCATION, "https://" + authority + target)
        .set(HttpHeaderNames.CONTENT_LENGTH, HttpHeaderValues.ZERO)
        .set(HttpHeaderNames.CACHE_CONTROL, HttpHeaderValues.NO_STORE);
    VisitHeaders.connection(answer.headers(), keepAlive, head.isHttp10());
    return answer;
  }
}
