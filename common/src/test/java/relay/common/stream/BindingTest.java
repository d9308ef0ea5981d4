package relay.common.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BindingTest {

  private static final InetAddress LOOPBACK6 = NetUtil.LOCALHOST6;

  private final List<Channel> open = new ArrayList<>();
  private final List<EventLoopGroup> groups = new ArrayList<>();

  @AfterEach
  void close() {
    open.forEach(channel -> channel.close().syncUninterruptibly());
    groups.forEach(group -> group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void bind_bothLoopbacks_onOnePort(boolean best) throws Exception {
    List<Channel> bound = bind(best, List.of(at("127.0.0.1", 0), at("::1", 0)));
    assertThat(bound).hasSize(2);
    assertThat(port(bound.get(0))).isEqualTo(port(bound.get(1))).isPositive();
    assertThat(bound.get(0).alloc()).isInstanceOf(PooledByteBufAllocator.class);
    connect("127.0.0.1", port(bound.get(0)));
    connect("::1", port(bound.get(0)));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void bind_bothWildcards_serveBothFamilies(boolean best) throws Exception {
    List<Channel> bound = bind(best, List.of(at("0.0.0.0", 0), at("::", 0)));
    assertThat(bound).isNotEmpty();
    connect("127.0.0.1", port(bound.get(0)));
    connect("::1", port(bound.get(0)));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void bind_oneFamily_leavesTheOther(boolean best) throws Exception {
    int port = port(bind(best, List.of(at("127.0.0.1", 0))).get(0));
    assertThat(bind(best, List.of(at("::1", port)))).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void bind_takenInOneFamily_bindsNothing(boolean best) throws Exception {
    try (ServerSocket other = new ServerSocket(0, 1, LOOPBACK6)) {
      int port = other.getLocalPort();
      assertThatThrownBy(() -> bind(best, List.of(at("127.0.0.1", port), at("::1", port))))
          .isInstanceOf(ExecutionException.class)
          .cause()
          .isInstanceOf(BindFailure.class)
          .hasMessage(
              "'[::1]:" + port + "': already in use, expected an address that nobody listens on");
      // NIO closes a descriptor in the selector's next turn
      await().untilAsserted(() -> assertThatThrownBy(() -> connect("127.0.0.1", port)).isNotNull());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void bind_strangersAddress_saysSo(boolean best) {
    assertThatThrownBy(() -> bind(best, List.of(at("192.0.2.1", 0))))
        .cause()
        .hasMessage("'192.0.2.1:0': not an address of this machine, expected one that it has");
  }

  private List<Channel> bind(boolean best, List<InetSocketAddress> addresses) throws Exception {
    Transport transport = best ? Transport.best() : Transport.nio();
    EventLoopGroup group = transport.group("test", 1);
    groups.add(group);
    ServerBootstrap template =
        new ServerBootstrap()
            .group(group)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel visitor) {}
                });
    List<Channel> bound = Binding.bind(transport, template, addresses).get();
    open.addAll(bound);
    return bound;
  }

  private static InetSocketAddress at(String address, int port) {
    return new InetSocketAddress(address, port);
  }

  private static int port(Channel channel) {
    return ((InetSocketAddress) channel.localAddress()).getPort();
  }

  private static void connect(String address, int port) throws IOException {
    try (Socket socket = new Socket(at(address, port).getAddress(), port)) {
      assertThat(socket.isConnected()).isTrue();
    }
  }
}
