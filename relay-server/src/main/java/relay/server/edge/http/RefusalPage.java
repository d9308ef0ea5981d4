package relay.server.edge.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.Untrusted;

/**
 * What a visitor reads instead of an answer: the code, which hop failed, what to do. Text for
 * whoever takes anything, HTML for browsers, JSON for programs that ask for it.
 */
final class RefusalPage {

  private static final String TEMPLATE = resource("refusal.html");
  private static final String STYLE =
      TEMPLATE.substring(TEMPLATE.indexOf("<style>") + 7, TEMPLATE.indexOf("</style>"));

  /** Nothing is loaded and nothing runs; the one style sheet is the one that is there. */
  private static final String POLICY =
      "default-src 'none'; style-src 'sha256-"
          + sha256(STYLE)
          + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  /** What idle connections of other visitors are gone after, mostly. */
  private static final String RETRY_SECONDS = "5";

  private static final ObjectMapper JSON = new ObjectMapper();

  private RefusalPage() {}

  /**
   * The page as a whole answer.
   *
   * @param accept the request's Accept header
   * @param keepAlive whether another request may follow on the connection
   * @param http10 whether the visitor speaks HTTP/1.0, which has to be told of a kept connection
   */
  static FullHttpResponse of(
      Refusal why, @Nullable String accept, boolean keepAlive, boolean http10) {
    RefusalText text = RefusalText.of(why.code());
    String message = Untrusted.harmless(why.message());
    String wanted = accept == null ? "" : accept.toLowerCase(Locale.ROOT);
    String type;
    String body;
    if (wanted.contains("text/html")) {
      type = "text/html; charset=utf-8";
      body = html(why, text, message);
    } else if (wanted.contains("json")) {
      type = "application/json";
      body = json(why, text, message);
    } else {
      type = "text/plain; charset=utf-8";
      body = plain(why, text, message);
    }
    ByteBuf content = Unpooled.copiedBuffer(body, StandardCharsets.UTF_8);
    FullHttpResponse page =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(why.code().status()), content);
    HttpHeaders headers = page.headers();
    headers.set(HttpHeaderNames.CONTENT_TYPE, type);
    headers.set(HttpHeaderNames.CONTENT_LENGTH, Integer.toString(content.readableBytes()));
    headers.set(HttpHeaderNames.CACHE_CONTROL, HttpHeaderValues.NO_STORE);
    headers.set("Relay-Code", why.code().id());
    headers.set("X-Content-Type-Options", "nosniff");
    headers.set("Content-Security-Policy", POLICY);
    headers.set("Referrer-Policy", "no-referrer");
    headers.set("Vary", "Accept");
    if (why.code().status() == 405) {
      headers.set(HttpHeaderNames.ALLOW, "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    }
    if (why.code().status() == 429) {
      headers.set(HttpHeaderNames.RETRY_AFTER, RETRY_SECONDS);
    }
    VisitHeaders.connection(headers, keepAlive, http10);
    return page;
  }

  private static String plain(Refusal why, RefusalText text, String message) {
    return why.code().status()
        + " "
        + text.title()
        + "\n"
        + why.code().id()
        + ": "
        + message
        + "\n"
        + text.advice()
        + "\n";
  }

  private static String json(Refusal why, RefusalText text, String message) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("code", why.code().id());
    fields.put("status", why.code().status());
    fields.put("title", text.title());
    fields.put("message", message);
    fields.put("failed", text.failed().id());
    fields.put("advice", text.advice());
    try {
      return JSON.writeValueAsString(fields) + "\n";
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String html(Refusal why, RefusalText text, String message) {
    String page = TEMPLATE;
    for (RefusalText.Hop hop : RefusalText.Hop.values()) {
      String state =
          hop == text.failed() ? "failed" : hop.compareTo(text.failed()) < 0 ? "passed" : "unknown";
      page = page.replace("{" + hop.id() + "}", state);
    }
    return page.replace("{status}", Integer.toString(why.code().status()))
        .replace("{code}", why.code().id())
        .replace("{title}", escaped(text.title()))
        .replace("{advice}", escaped(text.advice()))
        .replace("{message}", escaped(message));
  }

  static String escaped(String text) {
    StringBuilder out = new StringBuilder(text.length() + 16);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '&' -> out.append("&amp;");
        case '<' -> out.append("&lt;");
        case '>' -> out.append("&gt;");
        case '"' -> out.append("&quot;");
        case '\'' -> out.append("&#39;");
        default -> out.append(c);
      }
    }
    return out.toString();
  }

  private static String resource(String name) {
    try (InputStream in = RefusalPage.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is missing beside " + RefusalPage.class);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String sha256(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return Base64.getEncoder().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
