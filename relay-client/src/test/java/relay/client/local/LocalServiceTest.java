package relay.client.local;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.Channel;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LocalServiceTest {

  private final Dialer dialer = new Dialer();
  private final List<LocalService.State> states = new CopyOnWriteArrayList<>();

  @AfterEach
  void close() {
    dialer.close().syncUninterruptibly();
  }

  private Future<Channel> connect(LocalService service) {
    return dialer
        .loop()
        .submit(service::connect)
        .syncUninterruptibly()
        .getNow()
        .awaitUninterruptibly();
  }

  private LocalService localhost(int port) {
    return new LocalService(dialer, new LocalAddress("localhost", port), states::add);
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "::1"})
  void connect_serviceOnOneFamily_isFound(String address) throws Exception {
    try (ServerSocket listener = new ServerSocket(0, 5, InetAddress.getByName(address))) {
      LocalService service = localhost(listener.getLocalPort());
      for (int i = 0; i < 2; i++) {
        Channel channel = connect(service).getNow();
        assertThat(channel.isActive()).isTrue();
        assertThat(channel.config().isAutoRead()).isFalse();
        assertThat(((InetSocketAddress) channel.remoteAddress()).getAddress())
            .isEqualTo(InetAddress.getByName(address));
        channel.close().syncUninterruptibly();
      }
      assertThat(states).isEmpty();
    }
  }

  @Test
  void connect_serviceDown_isSaidOnce_andWhenItIsBack() throws Exception {
    int port;
    try (ServerSocket listener = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      port = listener.getLocalPort();
    }
    LocalService service = localhost(port);
    for (int i = 0; i < 3; i++) {
      assertThat(connect(service).isSuccess()).isFalse();
    }
    assertThat(states)
        .containsExactly(
            new LocalService.State(
                false, "local service localhost:" + port + ": connection refused"));
    try (ServerSocket listener = new ServerSocket(port, 5, InetAddress.getLoopbackAddress())) {
      assertThat(listener.isBound()).isTrue();
      connect(service).getNow().close().syncUninterruptibly();
      connect(service).getNow().close().syncUninterruptibly();
    }
    assertThat(states).hasSize(2).last().extracting(LocalService.State::up).isEqualTo(true);
  }

  @Test
  void connect_unknownHost_saysSo() {
    LocalService service =
        new LocalService(dialer, new LocalAddress("no-such-host.invalid", 1), states::add);
    assertThat(connect(service).isSuccess()).isFalse();
    assertThat(states)
        .containsExactly(
            new LocalService.State(false, "local service no-such-host.invalid:1: unknown host"));
  }
}
