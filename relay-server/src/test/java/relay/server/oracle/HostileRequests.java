package relay.server.oracle;

import java.util.List;
import java.util.stream.Stream;

/**
 * Requests that two readers take differently (T21 to T27 in HTTP.md), for {@code foo.localhost}.
 * Each must be refused as a whole.
 */
public final class HostileRequests {

  private HostileRequests() {}

  /** Header lines that no request may have, in a request that is right otherwise. */
  public static List<String> headers() {
    return List.of(
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: x, chunked\r\n",
        "Transfer-Encoding: chunked, x\r\n",
        "Transfer-Encoding: chunked,\r\n",
        "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: identity\r\nContent-Length: 0\r\n",
        "Transfer-Encoding: \"chunked\"\r\n",
        "Transfer-Encoding: chunked;q=1\r\n",
        "Transfer-Encoding: \u000bchunked\r\n",
        "Transfer-Encoding: chunked\u0085\r\n",
        "Transfer-Encoding:\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding\t: chunked\r\n",
        " Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding:\r\n chunked\r\n",
        "Transfer-Encoding:\n chunked\r\n",
        "X: a\r\n b\r\n",
        "X: a\r\n\tTransfer-Encoding: chunked\r\n",
        "X: a\nTransfer-Encoding: chunked\r\n",
        "X: a\rTransfer-Encoding: chunked\r\n",
        "X: a\0b\r\n",
        "X: a\u000bb\r\n",
        "X: a\u007fb\r\n",
        "X\0: a\r\n",
        ": a\r\n",
        "X\r\n",
        "X(y): a\r\n",
        "X Y: a\r\n",
        "\u00e9: a\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: -5\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length: 5,6\r\n",
        "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length: 5 5\r\n",
        "Content-Length: 5.0\r\n",
        "Content-Length: 1e1\r\n",
        "Content-Length:\r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Content-Length: 9223372036854775807\r\n",
        "Content-Length: 9223372036854775813\r\n",
        "Content-Length: 4294967296000000000000005\r\n",
        "Content-Length: \u00b2\r\n",
        "Content-Length : 5\r\n",
        "Sec-WebSocket-Key1: 1\r\nSec-WebSocket-Key2: 2\r\n",
        "Host: foo.localhost\r\n",
        "Host: bar.localhost\r\n",
        "hOST: bar.localhost\r\n");
  }

  /** Lines in the place of the Host header. */
  public static List<String> hosts() {
    return List.of(
        "Host: foo.localhost, bar.localhost",
        "Host: user@foo.localhost",
        "Host: user:pw@foo.localhost",
        "Host: foo.localhost:abc",
        "Host: foo.localhost:-1",
        "Host: foo.localhost:99999",
        "Host: foo.localhost:80:80",
        "Host: foo.localhost:80@bar.localhost",
        "Host: foo.localhost/x",
        "Host: foo.localhost?x",
        "Host: foo.localhost#x",
        "Host: foo.localhost\\x",
        "Host: foo localhost",
        "Host: foo.local%68ost",
        "Host: foo.localhost%00",
        "Host: foo.localhost\0",
        "Host: http://foo.localhost",
        "Host: [::1",
        "Host: [::1]x",
        "Host: [fe80::1%25eth0]",
        "Host:",
        "X: no Host at all");
  }

  /** Request lines. */
  public static List<String> lines() {
    return List.of(
        "GET  / HTTP/1.1",
        "GET /  HTTP/1.1",
        "GET / HTTP/1.1 ",
        " GET / HTTP/1.1",
        "GET\t/ HTTP/1.1",
        "GET /\u000b HTTP/1.1",
        "GET /a\rb HTTP/1.1",
        "GET /a\0b HTTP/1.1",
        "GET /a b HTTP/1.1",
        "GET / HTTP/1.1\n",
        "GET / HTTP/1.2",
        "GET / HTTP/2.0",
        "GET / HTTP/0.9",
        "GET / http/1.1",
        "GET / HTTP/1.1x",
        "GET / HTTP/01.1",
        "GET / HTTP/1.1 HTTP/1.1",
        "GET /",
        "GET",
        "G\u00c9T / HTTP/1.1",
        "G[T / HTTP/1.1",
        "GET foo HTTP/1.1",
        "GET * HTTP/1.1",
        "GET foo.localhost:80 HTTP/1.1",
        "GET http://bar.localhost/ HTTP/1.1",
        "GET http://foo.localhost:81/ HTTP/1.1",
        "GET http://user@foo.localhost/ HTTP/1.1",
        "GET http:///x HTTP/1.1",
        "GET http:/foo.localhost/ HTTP/1.1",
        "GET ftp://foo.localhost/ HTTP/1.1",
        "GET http://foo.localhost\\@bar.localhost/ HTTP/1.1",
        "GET http://foo.localhost#@bar.localhost/ HTTP/1.1",
        "GET /#x HTTP/1.1",
        "PRI * HTTP/2.0");
  }

  /** What stands behind the head of a chunked request. */
  public static List<String> chunks() {
    return List.of(
        "\r\n",
        "\n",
        "5\nhello\r\n0\r\n\r\n",
        "+5\r\nhello\r\n0\r\n\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        "5 \r\nhello\r\n0\r\n\r\n",
        " 5\r\nhello\r\n0\r\n\r\n",
        "-1\r\nhello\r\n0\r\n\r\n",
        "5_0\r\nhello\r\n0\r\n\r\n",
        "5;a\nb\r\nhello\r\n0\r\n\r\n",
        "5;\n\r\nhello\r\n0\r\n\r\n",
        "5;\0\r\nhello\r\n0\r\n\r\n",
        "5;a\rb\r\nhello\r\n0\r\n\r\n",
        "100000005\r\nhello\r\n0\r\n\r\n",
        "fffffffffffffffff\r\nhello\r\n0\r\n\r\n",
        ";a\r\nhello\r\n0\r\n\r\n",
        "5\r\nhellox\r\n0\r\n\r\n",
        "5\r\nhelloxx0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "5\r\nhello\r0\r\n\r\n",
        "0\r\nX : y\r\n\r\n",
        "0\r\n X: y\r\n\r\n",
        "0\r\nX: y\r\n z\r\n\r\n",
        "0\r\nTransfer-Encoding: c\r:\r\n\r\n",
        "0\r\nContent-Length: 5\nX: y\r\n\r\n",
        "0\r\nX: y\nZ: z\r\n\r\n",
        "0\r\nX: \0\r\n\r\n",
        "0\r\nX\r\n\r\n",
        "0\r\n\n");
  }

  /** Whole requests with a bad head, with the status that each must get. */
  static Stream<Hostile> heads() {
    return Stream.of(
            headers().stream()
                .flatMap(header ->
                    Stream.of("GET", "POST")
                        .map(method ->
                            method + " / HTTP/1.1\r\nHost: foo.localhost\r\n" + header + "\r\n")),
            hosts().stream().map(host -> "GET / HTTP/1.1\r\n" + host + "\r\n\r\n"),
            lines().stream().map(line -> line + "\r\nHost: foo.localhost\r\n\r\n"),
            Stream.of(
                "POST / HTTP/1.0\r\nHost: foo.localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "0\r\n\r\n"))
        .flatMap(requests -> requests)
        .map(request -> new Hostile(request, 400));
  }

  /** As {@link #heads}, with other refusals than 400. */
  static Stream<Hostile> refusedOtherwise() {
    return Stream.of(
        new Hostile("CONNECT foo.localhost:80 HTTP/1.1\r\nHost: foo.localhost:80\r\n\r\n", 405),
        new Hostile("CONNECT / HTTP/1.1\r\nHost: foo.localhost\r\n\r\n", 405),
        new Hostile("GET /" + "a".repeat(20_000) + " HTTP/1.1\r\nHost: foo.localhost\r\n\r\n", 414),
        new Hostile(
            "GET / HTTP/1.1\r\nHost: foo.localhost\r\nX: " + "a".repeat(140_000) + "\r\n\r\n", 431),
        new Hostile(
            "GET / HTTP/1.1\r\nHost: foo.localhost\r\n" + "a: b\r\n".repeat(1000) + "\r\n", 431));
  }

  /**
   * A request and its due.
   *
   * @param octets as ISO 8859-1
   */
  record Hostile(String octets, int status) {}
}
