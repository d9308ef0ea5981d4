package relay.server.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import relay.common.endpoint.Hostname;
import relay.common.stream.Transport;
import relay.server.tunnel.HostnameAllocator;
import relay.server.tunnel.NameStore;
import relay.server.tunnel.Quota;
import relay.server.tunnel.Reservations;
import relay.server.tunnel.TunnelRegistry;

class AdminSocketTest {

  private static final String ANN = "SHA256:" + "a".repeat(43);
  private static final Duration LIMIT = Duration.ofSeconds(20);

  @TempDir Path dir;
  private final List<AutoCloseable> open = new ArrayList<>();

  static Stream<Transport> transports() {
    return Stream.of(Transport.best(), Transport.nio());
  }

  private void start(Transport transport) throws Exception {
    NameStore store = NameStore.open(dir);
    TunnelRegistry registry =
        TunnelRegistry.of(
            Duration.ofMinutes(10), Duration.ZERO, new Quota(9), store, System::nanoTime);
    HostnameAllocator names =
        new HostnameAllocator(Hostname.of("example.org"), store, registry::isReserved);
    EventLoopGroup loops = transport.group("admin", 1);
    AdminSocket socket =
        new AdminSocket(
            dir,
            transport,
            loops,
            new OperatorRequests(new NameRequests(new Reservations(registry, names))));
    open.add(store);
    open.add(() -> loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).get(10, TimeUnit.SECONDS));
    open.add(socket);
    socket.open().get(10, TimeUnit.SECONDS);
  }

  @AfterEach
  void close() throws Exception {
    for (int i = open.size() - 1; i >= 0; i--) {
      open.get(i).close();
    }
    assertThat(dir.resolve("admin.sock")).doesNotExist();
  }

  private List<String> ask(String request) throws IOException {
    return AdminClient.ask(dir, request, LIMIT);
  }

  @ParameterizedTest
  @MethodSource("transports")
  void requests_areAnswered_onASocketOfItsOwnerAlone(Transport transport) throws Exception {
    start(transport);
    Path socket = dir.resolve("admin.sock");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
        .isEqualTo("rw-------");
    assertThat(dir).isDirectoryNotContaining("glob:**.new");
    assertThat(ask("{\"do\":\"reserve\",\"name\":\"foo\",\"to\":\"" + ANN + "\"}"))
        .singleElement()
        .asString()
        .contains("\"ok\":true", "foo.example.org is reserved for " + ANN);
    assertThat(ask("{\"do\":\"names\"}"))
        .containsExactly(
            "{\"name\":\"foo.example.org\",\"owner\":\"" + ANN + "\",\"state\":\"reserved\"}",
            "{\"ok\":true}");
    assertThat(ask("{\"do\":\"release\",\"name\":\"foo\"}")).hasSize(1);
    assertThat(ask("{\"do\":\"names\"}")).containsExactly("{\"ok\":true}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "x",
        "[]",
        "null",
        "{\"do\":\"delete\"}",
        "{\"do\":[\"names\"]}",
        "{\"do\":\"reserve\",\"name\":\"foo\"}",
        "{\"do\":\"reserve\",\"name\":\"foo\",\"to\":\"SHA256:short\"}",
        "{\"do\":\"reserve\",\"name\":\"foo\",\"to\":\"ann\\u001b[2J\"}",
      })
  void whatIsNoRequest_isRefused(String request) throws Exception {
    start(Transport.best());
    assertThat(ask(request))
        .singleElement()
        .asString()
        .contains("\"ok\":false", "\"code\":\"RELAY-OPTION-INVALID\"", "expected ")
        .doesNotContain("\\u001b");
  }

  @Test
  void lineThatIsTooLong_isClosed_andOthersAreServed() throws Exception {
    start(Transport.best());
    assertThat(ask("x".repeat(5000))).isEmpty();
    assertThat(ask("{\"do\":\"names\"}")).hasSize(1);
  }

  @Test
  void connections_areLimited_andASecondRequestIsNone() throws Exception {
    start(Transport.best());
    List<SocketChannel> silent = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      SocketChannel one = SocketChannel.open(StandardProtocolFamily.UNIX);
      one.connect(UnixDomainSocketAddress.of(dir.resolve("admin.sock")));
      silent.add(one);
    }
    assertThatThrownBy(
            () -> {
              if (ask("{\"do\":\"names\"}").isEmpty()) {
                throw new IOException("closed");
              }
            })
        .isInstanceOf(IOException.class);
    String twice = "{\"do\":\"names\"}\n{\"do\":\"names\"}\n";
    silent.get(0).write(ByteBuffer.wrap(twice.getBytes(StandardCharsets.UTF_8)));
    assertThat(
            new String(
                java.nio.channels.Channels.newInputStream(silent.get(0)).readAllBytes(),
                StandardCharsets.UTF_8))
        .isEqualTo("{\"ok\":true}\n");
    for (SocketChannel one : silent) {
      one.close();
    }
  }

  @Test
  void leftOverOfACrash_isReplaced() throws Exception {
    Files.writeString(dir.resolve("admin.sock"), "");
    Files.writeString(dir.resolve(".admin.sock.new"), "");
    start(Transport.best());
    assertThat(ask("{\"do\":\"names\"}")).hasSize(1);
  }
}
