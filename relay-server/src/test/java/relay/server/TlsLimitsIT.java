package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a hostile visitor can hold on to before TLS is there: little, and not for long. */
class TlsLimitsIT {

  private static final long LIMIT_MILLIS = 1500;

  @RegisterExtension
  final RelayNode node =
      RelayNode.with("--https-listen=localhost:0", "limits.tls-handshake=" + LIMIT_MILLIS + "ms");

  private Socket visit() throws IOException {
    return node.visit(node.httpsPort());
  }

  /** A hello of TLS 1.2, whose extension 0x7777 makes it so long; in records of this length. */
  private static byte[] hello(int length, int record) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.writeBytes(new byte[] {3, 3});
    body.writeBytes(new byte[32]);
    body.writeBytes(new byte[] {0, 0, 2, (byte) 0xc0, 0x2b, 1, 0});
    int rest = length - body.size() - 2;
    put(body, rest, 2);
    put(body, 0x7777, 2);
    put(body, rest - 4, 2);
    body.writeBytes(new byte[rest - 4]);
    ByteArrayOutputStream message = new ByteArrayOutputStream();
    message.write(1);
    put(message, body.size(), 3);
    message.writeBytes(body.toByteArray());
    byte[] all = message.toByteArray();
    ByteArrayOutputStream records = new ByteArrayOutputStream();
    for (int at = 0; at < all.length; at += record) {
      int n = Math.min(record, all.length - at);
      records.writeBytes(new byte[] {22, 3, 1});
      put(records, n, 2);
      records.write(all, at, n);
    }
    return records.toByteArray();
  }

  private static void put(ByteArrayOutputStream out, int number, int octets) {
    for (int shift = 8 * (octets - 1); shift >= 0; shift -= 8) {
      out.write(number >>> shift);
    }
  }

  /** How long it takes until the server has closed, in milliseconds. */
  private static long closedAfter(Socket visitor) {
    long from = System.nanoTime();
    try {
      visitor.getInputStream().readAllBytes();
    } catch (IOException e) {
      // a reset
    }
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - from);
  }

  @Test
  void slowHello_isCutAtTheLimit_andOthersAreServed() throws Exception {
    LocalService service =
        node.service(socket -> {
          Wire.head(socket.getInputStream());
          Wire.send(socket, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        });
    node.start(node.ssh("ann").forward("foo:80:127.0.0.1:" + service.port()).console())
        .awaitOut("HTTP: ");
    byte[] hello = hello(1000, 1000);
    long from = System.nanoTime();
    for (int i = 0; i < 50; i++) {
      visit().getOutputStream().write(hello, 0, 500);
    }
    Socket slow = visit();
    ByteBuffer drops = ByteBuffer.wrap(hello);
    CompletableFuture<Long> drip =
        Pace.of(
                () -> {
                  slow.getOutputStream().write(drops.get());
                  return Duration.ofMillis(50);
                })
            .handle((over, closed) -> TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - from));
    assertThat(node.curlHttps("foo.localhost", "/")).isEqualTo("ok\n200");
    assertThat(drip.get(20, TimeUnit.SECONDS)).isBetween(LIMIT_MILLIS, 3 * LIMIT_MILLIS);
  }

  @Test
  void nothingSent_isCutAtTheLimit() throws Exception {
    long from = System.nanoTime();
    closedAfter(visit());
    assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - from))
        .isBetween(LIMIT_MILLIS - 100, 3 * LIMIT_MILLIS);
  }

  @Test
  void handshakeNeverFinished_isCutAtTheLimit_countedFromTheBeginning() throws Exception {
    byte[] hello = realHello();
    Socket visitor = visit();
    long from = System.nanoTime();
    ByteBuffer two = ByteBuffer.wrap(hello).limit(10);
    Pace.of(
            () -> {
              visitor.getOutputStream().write(hello, two.position(), two.remaining());
              boolean first = two.limit() < hello.length;
              two.position(two.limit()).limit(hello.length);
              return first ? Duration.ofMillis(LIMIT_MILLIS / 2) : null;
            })
        .get(10, TimeUnit.SECONDS);
    assertThat(visitor.getInputStream().read()).isEqualTo(22); // the server's hello
    closedAfter(visitor);
    assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - from))
        .isBetween(LIMIT_MILLIS - 100, LIMIT_MILLIS + LIMIT_MILLIS / 2 - 100);
  }

  /** As openssl's client sends it, to a listener that only keeps it. */
  private byte[] realHello() throws Exception {
    CompletableFuture<byte[]> kept = new CompletableFuture<>();
    LocalService sink =
        node.service(socket -> {
          byte[] header = socket.getInputStream().readNBytes(5);
          byte[] body =
              socket.getInputStream().readNBytes((header[3] & 0xff) << 8 | (header[4] & 0xff));
          ByteArrayOutputStream all = new ByteArrayOutputStream();
          all.writeBytes(header);
          all.writeBytes(body);
          kept.complete(all.toByteArray());
        });
    String address = "127.0.0.1:" + sink.port();
    node.start(List.of("openssl", "s_client", "-connect", address));
    return kept.get(10, TimeUnit.SECONDS);
  }

  @Test
  void helloTooLong_isCutAtOnce() throws Exception {
    Socket visitor = visit();
    byte[] hello = hello(64 << 10 | 1000, 16 << 10);
    visitor.getOutputStream().write(hello, 0, 20 << 10);
    assertThat(closedAfter(visitor)).isLessThan(LIMIT_MILLIS / 2);
  }

  @Test
  void helloInTinyRecords_isCutAtTheSameLength() throws Exception {
    Socket visitor = visit();
    byte[] records = hello(60 << 10, 1); // six octets on the wire for one of the hello
    CompletableFuture<Integer> sent =
        Octets.async(() -> {
          int at = 0;
          try {
            for (; at < records.length; at += 6000) {
              visitor.getOutputStream().write(records, at, Math.min(6000, records.length - at));
            }
          } catch (IOException e) {
            // closed, as it should be
          }
          return at;
        });
    assertThat(closedAfter(visitor)).isLessThan(LIMIT_MILLIS - 100);
    sent.get(10, TimeUnit.SECONDS);
  }

  @Test
  void noTls_isClosed() throws Exception {
    Socket visitor = visit();
    Wire.send(visitor, "GET / HTTP/1.1\r\nHost: foo.localhost\r\n\r\n");
    assertThat(closedAfter(visitor)).isLessThan(LIMIT_MILLIS / 2);
  }

  @Test
  void visitorGoesBeforeTheHandshake_nothingIsLeft() throws Exception {
    for (int i = 0; i < 20; i++) {
      Socket visitor = visit();
      visitor.getOutputStream().write(hello(1000, 1000), 0, i * 20);
      visitor.close();
    }
  }
}
