package relay.common.http;

import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_LENGTH;
import static io.netty.handler.codec.http.HttpHeaderNames.HOST;
import static io.netty.handler.codec.http.HttpHeaderNames.TRANSFER_ENCODING;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Authority;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;

/**
 * Refuses every message of which two readers could make different things: where it ends, whom it is
 * for, what its lines are. The octets of the head were looked at by {@link HeadScan}; here stands
 * the meaning. A request that is refused is never forwarded, in part or repaired, and its
 * connection is closed, since nobody knows where the next request would begin.
 */
public final class FramingGuard {

  /** 10^18 - 1 fits a long; no body is larger. */
  private static final int MAX_LENGTH_DIGITS = 18;

  /** For {@link #length(HttpResponse)}: the body ends with the connection's input. */
  public static final long UNTIL_END = -2;

  private FramingGuard() {}

  /**
   * Judges a request and, where it passes, fills in what was learned.
   *
   * @return why it is refused, or null where it may pass
   */
  static @Nullable Refusal judge(RequestHead request, HeadLimits limits) {
    if (request.decoderResult().isFailure()) {
      return unreadable(request.decoderResult().cause());
    }
    if (request.method().equals(HttpMethod.CONNECT)) {
      return new Refusal(RefusalCode.H405_CONNECT, "CONNECT is not served: this is no proxy");
    }
    HttpHeaders headers = request.headers();
    if (request.uri().length() > limits.target()) {
      return new Refusal(
          RefusalCode.H414_TARGET_TOO_LONG,
          "the request target has "
              + request.uri().length()
              + " octets, where at most "
              + limits.target()
              + " were expected");
    }
    if (headers.size() > limits.fields()) {
      return new Refusal(
          RefusalCode.H431_HEADERS_TOO_LARGE,
          headers.size() + " headers, where at most " + limits.fields() + " were expected");
    }
    if (headers.contains("Sec-WebSocket-Key1")) {
      // A draft of 2010 with eight octets of body that no framing header tells of.
      return bad("a WebSocket handshake of a draft older than RFC 6455");
    }
    long length = 0;
    List<String> codings = headers.getAll(TRANSFER_ENCODING);
    List<String> lengths = headers.getAll(CONTENT_LENGTH);
    if (!codings.isEmpty()) {
      if (!isChunked(codings) || request.isHttp10()) {
        return bad("a Transfer-Encoding other than exactly 'chunked' on HTTP/1.1");
      }
      if (!lengths.isEmpty()) {
        return bad("Transfer-Encoding and Content-Length together");
      }
      length = RequestHead.CHUNKED;
    } else if (!lengths.isEmpty()) {
      length = length(lengths);
      if (length < 0) {
        return bad("a Content-Length other than one decimal number");
      }
    }
    return judgeTarget(request, length);
  }

  private static @Nullable Refusal judgeTarget(RequestHead request, long length) {
    List<String> hosts = request.headers().getAll(HOST);
    if (hosts.size() != 1) {
      return bad(hosts.isEmpty() ? "no Host header" : "more than one Host header");
    }
    Authority authority = Authority.parse(hosts.get(0));
    if (authority == null) {
      return bad("a Host header other than one name or address, with or without a port");
    }
    String target = request.uri();
    if (target.indexOf('#') >= 0) {
      return bad("a fragment in the request target");
    }
    if (target.charAt(0) == '/') {
      request.pass(authority, target, length);
      return null;
    }
    boolean options = request.method().equals(HttpMethod.OPTIONS);
    if (target.equals("*")) {
      if (!options) {
        return bad("the target * with a method other than OPTIONS");
      }
      request.pass(authority, target, length);
      return null;
    }
    int start = schemeEnd(target);
    if (start < 0) {
      return bad("a request target that is neither a path nor an http URL");
    }
    int end = start;
    while (end < target.length() && target.charAt(end) != '/' && target.charAt(end) != '?') {
      end++;
    }
    Authority named = Authority.parse(target.substring(start, end));
    int defaultPort = start == "https://".length() ? 443 : 80;
    if (named == null || !isSame(named, authority, defaultPort)) {
      return bad("a request target for another host than the Host header's");
    }
    String rest = target.substring(end);
    if (rest.isEmpty()) {
      rest = options ? "*" : "/"; // RFC 9112 §3.2.4
    }
    request.pass(authority, rest.charAt(0) == '?' ? "/" + rest : rest, length);
    return null;
  }

  /** What is wrong with the head of an answer, or null. The text is for a log and an error page. */
  public static @Nullable String fault(HttpResponse answer) {
    if (answer.decoderResult().isFailure()) {
      return "its head could not be read: " + answer.decoderResult().cause().getMessage();
    }
    HttpVersion version = answer.protocolVersion();
    if (!version.protocolName().equals("HTTP") || version.majorVersion() != 1) {
      return "its version is " + version.text(); // RFC 9112 §2.3: another major is another syntax
    }
    int status = answer.status().code();
    if (status < 100 || status > 599) {
      return "its status is " + status;
    }
    HttpHeaders headers = answer.headers();
    List<String> codings = headers.getAll(TRANSFER_ENCODING);
    List<String> lengths = headers.getAll(CONTENT_LENGTH);
    if (!codings.isEmpty() && !isChunked(codings)) {
      return "its Transfer-Encoding is other than 'chunked'";
    }
    if (!codings.isEmpty() && !lengths.isEmpty()) {
      return "it has a Transfer-Encoding and a Content-Length";
    }
    if (!lengths.isEmpty() && length(lengths) < 0) {
      return "its Content-Length is no decimal number";
    }
    return null;
  }

  /** The octets that follow the head, {@link RequestHead#CHUNKED}, or {@link #UNTIL_END}. */
  public static long length(HttpResponse answer) {
    if (answer.headers().contains(TRANSFER_ENCODING)) {
      return RequestHead.CHUNKED;
    }
    List<String> lengths = answer.headers().getAll(CONTENT_LENGTH);
    return lengths.isEmpty() ? UNTIL_END : length(lengths);
  }

  /** What a parser's failure means to the visitor. */
  static Refusal unreadable(@Nullable Throwable cause) {
    if (cause instanceof TooLongHttpLineException) {
      return new Refusal(
          RefusalCode.H414_TARGET_TOO_LONG, "a request line longer than this server reads");
    }
    if (cause instanceof TooLongHttpHeaderException) {
      return new Refusal(
          RefusalCode.H431_HEADERS_TOO_LARGE, "headers longer than this server reads");
    }
    String reason = cause == null ? null : cause.getMessage();
    return bad(reason == null ? "it could not be read" : reason);
  }

  static Refusal bad(String what) {
    return new Refusal(RefusalCode.H400_BAD_REQUEST, what);
  }

  private static boolean isChunked(List<String> codings) {
    return codings.size() == 1 && codings.get(0).equalsIgnoreCase("chunked");
  }

  /** One decimal number, or -1. */
  private static long length(List<String> values) {
    String value = values.get(0);
    if (values.size() != 1 || value.isEmpty() || value.length() > MAX_LENGTH_DIGITS) {
      return -1;
    }
    long length = 0;
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c < '0' || c > '9') {
        return -1;
      }
      length = length * 10 + (c - '0');
    }
    return length;
  }

  private static int schemeEnd(String target) {
    int end = target.indexOf("://");
    if (end != 4 && end != 5) {
      return -1;
    }
    String scheme = target.substring(0, end).toLowerCase(Locale.ROOT);
    return scheme.equals("http") || scheme.equals("https") ? end + 3 : -1;
  }

  private static boolean isSame(Authority a, Authority b, int defaultPort) {
    int portOfA = a.port() < 0 ? defaultPort : a.port();
    int portOfB = b.port() < 0 ? defaultPort : b.port();
    return a.host().equals(b.host()) && portOfA == portOfB;
  }
}
