package relay.server.oracle;

/** Requests that must be served, among them what looks as if it need not. */
final class GoodRequests {

  static final int KINDS = 14;

  /** What stands in bodies: a reader who loses his place takes it for a request. */
  private static final String TRAP = "\r\n\r\nGET /trap HTTP/1.1\r\nHost: foo.localhost\r\n\r\n";

  /**
   * A request.
   *
   * @param bodyLength in octets
   */
  record Good(String octets, String mark, int bodyLength, boolean toHead) {}

  private GoodRequests() {}

  static Good make(int kind, String mark) {
    String body = mark + TRAP + mark;
    String length = "Content-Length: " + body.length() + "\r\n";
    String chunked = "Transfer-Encoding: chunked\r\n";
    String chunks =
        "1;a=\"b\"\r\n~\r\n"
            + Integer.toHexString(body.length() - 1).toUpperCase(java.util.Locale.ROOT)
            + "\r\n"
            + body.substring(1)
            + "\r\n000\r\nX-Mark: "
            + mark
            + "\r\n\r\n";
    return switch (kind) {
      case 0 -> bare(head("GET", mark, ""), mark);
      case 1 -> with(head("POST", mark, length) + body, mark, body);
      case 2 -> with(head("PUT", mark, chunked) + chunks, mark, body);
      case 3 -> new Good(head("HEAD", mark, length) + body, mark, body.length(), true);
      case 4 -> with(head("GET", mark, length) + body, mark, body);
      case 5 ->
          with(head("DELETE", mark, chunked.replace("chunked", "CHUNKED")) + chunks, mark, body);
      case 6 -> with(head("POST", mark, "Expect: 100-continue\r\n" + length) + body, mark, body);
      case 7 ->
          bare(
              head(
                  "GET",
                  mark,
                  "Connection: keep-alive, X-Forwarded-For, X-Private, Host\r\nX-Private: evil\r\n"
                      + "Keep-Alive: evil\r\nTE: evil\r\nProxy-Authorization: evil\r\n"
                      + "proxy-connection: evil\r\nX-Forwarded-For: evil\r\n"
                      + "x_forwarded_for: evil\r\nForwarded: for=evil\r\nX_REAL_IP: evil\r\n"
                      + "Content_Length: 666\r\nTransfer_Encoding: evil\r\n"),
              mark);
      case 8 -> bare(head("GET", mark, "").replace("GET /", "GET http://foo.localhost:80/"), mark);
      case 9 -> bare(head("GET", mark, "").replace("foo.localhost", "FOO.Localhost.:80"), mark);
      case 10 ->
          bare(
              head("GET", mark, "Upgrade: h2c\r\nConnection: Upgrade\r\nHTTP2-Settings: evil\r\n"),
              mark);
      case 11 ->
          bare(
              head(
                  "GET",
                  mark,
                  "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"),
              mark);
      case 12 -> new Good("\r\n" + head("HEAD", mark, ""), mark, 0, true);
      default -> bare(head("M-SEARCH", mark, "X-Long: " + "\u00e9".repeat(5000) + "\r\n"), mark);
    };
  }

  private static String head(String method, String mark, String fields) {
    return method
        + (" /a/../b//" + mark + "?%zz=%2e;b HTTP/1.1\r\nHost: foo.localhost\r\n")
        + (fields + "X-Mark: " + mark + "\r\n\r\n");
  }

  private static Good bare(String octets, String mark) {
    return new Good(octets, mark, 0, false);
  }

  private static Good with(String octets, String mark, String body) {
    return new Good(octets, mark, body.length(), false);
  }
}
