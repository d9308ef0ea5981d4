import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * A web service to put behind a tunnel: it says hello and shows the request as it arrived.
 *
 * <p>{@code java Hello.java [port]}: port 0, the default, takes a free one; the first line of output tells which.
 */
final class Hello {
  private static final String PAGE =
      """
      <!doctype html>
      <html lang="en">
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width">
      <title>Hello through the relay</title>
      <style>
        body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem }
        td { font-family: ui-monospace, monospace; padding: .1rem 1rem .1rem 0; vertical-align: top; word-break: break-word }
      </style>
      <h1>Hello through the relay</h1>
      <p>You asked for <code>%s %s</code>, and you come from %s.
      This page was made by a small Java program on <code>%s</code>. These headers reached it:</p>
      <table>
      %s</table>
      </html>
      """;

  private static final String TEXT =
      """
      Hello through the relay!
      You asked for %s %s, and you come from %s.
      This was made by a small Java program on %s. These headers reached it:
      %s""";

  private final String address;

  private Hello(String address) {
    this.address = address;
  }

  public static void main(String[] arguments) throws IOException {
    int port = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 0;
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port), 0);
    String address = "127.0.0.1:" + server.getAddress().getPort();
    server.createContext("/", new Hello(address)::answer);
    server.setExecutor(Executors.newCachedThreadPool());
    server.start();
    System.out.println(address);
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      exchange.getRequestBody().readAllBytes();
      boolean html = first(exchange, "Accept", "").contains("text/html");
      byte[] page = page(exchange, html).getBytes(UTF_8);
      exchange.getResponseHeaders().set("Content-Type", (html ? "text/html" : "text/plain") + "; charset=utf-8");
      exchange.getResponseHeaders().set("X-Made-By", address);
      boolean head = exchange.getRequestMethod().equals("HEAD");
      exchange.sendResponseHeaders(200, head ? -1 : page.length);
      if (!head) {
        exchange.getResponseBody().write(page);
      }
    }
  }

  private String page(HttpExchange exchange, boolean html) {
    StringBuilder headers = new StringBuilder();
    for (Map.Entry<String, List<String>> header : new TreeMap<>(exchange.getRequestHeaders()).entrySet()) {
      for (String value : header.getValue()) {
        headers.append(
            html
                ? "<tr><td>%s</td><td>%s</td></tr>\n".formatted(escape(header.getKey()), escape(value))
                : "  %s: %s\n".formatted(header.getKey(), value));
      }
    }
    String method = exchange.getRequestMethod();
    String target = exchange.getRequestURI().toString();
    String visitor = first(exchange, "X-Forwarded-For", "somewhere that no X-Forwarded-For tells");
    return html
        ? PAGE.formatted(escape(method), escape(target), escape(visitor), address, headers)
        : TEXT.formatted(method, target, visitor, address, headers);
  }

  private static String first(HttpExchange exchange, String name, String otherwise) {
    String value = exchange.getRequestHeaders().getFirst(name);
    return value == null ? otherwise : value;
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
  }
}
