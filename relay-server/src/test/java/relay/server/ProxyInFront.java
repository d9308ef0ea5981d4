package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A proxy in front of the relay that ends TLS, as the README configures it; its visitors come from
 * 127.0.0.2, so that they are not what the relay trusts.
 */
abstract class ProxyInFront {

  private static final String HOST = "foo.relay.test";
  private static final String VISITOR = "127.0.0.2";

  private final int port = LocalService.freePort();

  @RegisterExtension
  final RelayNode node =
      RelayNode.with(
          "--domain=relay.test",
          "--public-url=https://relay.test:" + port,
          "--trusted-proxies=127.0.0.1");

  private SelfSigned certificate;

  /**
   * The command of the proxy.
   *
   * @param directory a new one, for its files
   * @param port where it listens, on 127.0.0.1
   */
  abstract List<String> proxy(Path directory, int port, SelfSigned certificate) throws IOException;

  @BeforeEach
  void startProxy() throws IOException {
    Path directory = Files.createDirectories(node.directory().resolve("proxy"));
    certificate = new SelfSigned(directory, "relay.test");
    Command proxy = node.start(proxy(directory, port, certificate));
    Awaitility.await()
        .until(() -> {
          assertThat(proxy.isAlive()).as(proxy.toString()).isTrue();
          return isUp();
        });
  }

  private boolean isUp() {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  /** A tunnel to a service that answers with the head of the request, and {@code words} for it. */
  final void mirror(String... words) {
    forward(
        socket -> {
          String head = Wire.head(socket.getInputStream());
          Wire.send(
              socket,
              "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
                  .formatted(head.length(), head));
        },
        words);
  }

  private void forward(LocalService.Connection connection, String... words) {
    LocalService service = node.service(connection);
    node.start(node.ssh("ann").forward("foo:80:127.0.0.1:" + service.port()).to(words))
        .awaitOut("HTTPS: https://" + HOST + ":" + port + "$");
  }

  /** What a visitor gets that comes by the proxy. */
  private String byProxy(String... more) {
    return curl("https://" + HOST + ":" + port + "/", more);
  }

  /** What one gets that finds the relay itself. */
  private String directly(String... more) {
    return curl("http://" + HOST + ":" + node.httpPort() + "/", more);
  }

  private String curl(String url, String... more) {
    List<String> words =
        new ArrayList<>(List.of("curl", "-sS", "--max-time", "20", "-w", "\n%{http_code}"));
    words.addAll(List.of("--interface", VISITOR, "--cacert", certificate.certificate().toString()));
    words.addAll(List.of("--resolve", HOST + ":" + port + ":127.0.0.1"));
    words.addAll(List.of("--resolve", HOST + ":" + node.httpPort() + ":127.0.0.1"));
    words.addAll(List.of(more));
    words.add(url);
    return Command.run(words.toArray(String[]::new));
  }

  /** A connection from the visitor's address. */
  final Socket connect(int to) throws IOException {
    Socket connection = node.closing(new Socket());
    connection.bind(new InetSocketAddress(VISITOR, 0));
    connection.setSoTimeout(20_000);
    connection.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), to));
    return connection;
  }

  private Socket browser() throws Exception {
    return node.closing(certificate.over(connect(port), HOST));
  }

  private static final String[] LIES = {
    "-H", "X-Forwarded-For: 192.0.2.66",
    "-H", "X-Forwarded-Proto: gopher",
    "-H", "X-Forwarded-Host: evil.test",
    "-H", "X-Real-IP: 192.0.2.66"
  };

  @Test
  void service_isToldTheVisitorAndItsUrl_whateverTheVisitorSays() {
    mirror();
    assertThat(byProxy(LIES))
        .containsIgnoringCase("\nhost: " + HOST + ":" + port)
        .containsIgnoringCase("\nx-forwarded-for: " + VISITOR + "\n")
        .containsIgnoringCase("\nx-real-ip: " + VISITOR + "\n")
        .containsIgnoringCase("\nx-forwarded-proto: https\n")
        .containsIgnoringCase("\nx-forwarded-host: " + HOST + ":" + port + "\n")
        .containsIgnoringCase("\nx-forwarded-port: " + port + "\n")
        .doesNotContain("192.0.2.66", "evil.test", "gopher")
        .endsWith("\n200");
  }

  @Test
  void visitorThatIsNoProxy_isNotBelieved() {
    mirror();
    assertThat(directly("-H", "X-Forwarded-For: 192.0.2.66", "-H", "X-Forwarded-Proto: https"))
        .containsIgnoringCase("\nx-forwarded-for: " + VISITOR + "\n")
        .containsIgnoringCase("\nx-forwarded-proto: http\n");
  }

  @Test
  void forceHttps_sendsToTheProxyOnce() {
    mirror("force-https=true");
    assertThat(byProxy()).endsWith("\n200");
    assertThat(directly("-o", "/dev/null", "-w", "%{http_code} %{redirect_url}"))
        .isEqualTo("307 https://" + HOST + ":" + port + "/");
  }

  @Test
  void webSocket_passesBothWays() throws Exception {
    forward(socket -> {
      String head = Wire.head(socket.getInputStream());
      String accept = WebSocketFrame.accept(Wire.field(head, "sec-websocket-key"));
      Wire.send(
          socket,
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              + "Sec-WebSocket-Accept: "
              + accept
              + "\r\n\r\n");
      while (true) {
        WebSocketFrame frame = WebSocketFrame.read(socket.getInputStream());
        socket.getOutputStream().write(frame.octets(false));
      }
    });
    WebSocketVisitor visitor = WebSocketVisitor.open(browser(), HOST + ":" + port, "/chat");
    visitor.send("over and back");
    assertThat(visitor.next()).isEqualTo("over and back");
  }

  @Test
  void eachEventOfAStream_arrivesBeforeTheNextIsSent() throws Exception {
    CountDownLatch seen = new CountDownLatch(1);
    forward(socket -> {
      Wire.head(socket.getInputStream());
      Wire.send(socket, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n");
      Wire.send(socket, "Transfer-Encoding: chunked\r\n\r\nd\r\ndata: first\n\n\r\n");
      await(seen);
      Wire.send(socket, "e\r\ndata: second\n\n\r\n0\r\n\r\n");
    });
    Socket visitor = browser();
    Wire.send(visitor, "GET /events HTTP/1.1\r\nHost: " + HOST + ":" + port + "\r\n\r\n");
    Wire.until(visitor.getInputStream(), "data: first\n\n");
    seen.countDown();
    Wire.until(visitor.getInputStream(), "data: second\n\n");
  }

  private static void await(CountDownLatch latch) throws IOException {
    try {
      assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }
}
