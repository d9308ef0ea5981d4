package relay.common.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.DuplexChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Between two sockets, whose far ends are plain blocking ones: {@code left} and {@code right}. */
class SpliceTest {

  private static final int MEGABYTE = 1 << 20;

  private EventLoopGroup loops = Transport.nio().group("splice", 1);
  private Socket left = new Socket();
  private Socket right = new Socket();
  private Channel a = new EmbeddedChannel();
  private Channel b = new EmbeddedChannel();

  private void join(boolean epoll) throws Exception {
    Transport transport = epoll ? Transport.best() : Transport.nio();
    loops = transport.group("splice", 1);
    EventLoop loop = loops.next();
    try (ServerSocket accepting = new ServerSocket(0, 2, InetAddress.getLoopbackAddress())) {
      a = connect(transport, loop, accepting);
      left = accepting.accept();
      b = connect(transport, loop, accepting);
      right = accepting.accept();
    }
    left.setSoTimeout(10_000);
    right.setSoTimeout(10_000);
    loop.submit(() -> Splice.join(a, b)).get(10, TimeUnit.SECONDS);
  }

  private static Channel connect(Transport transport, EventLoop loop, ServerSocket to)
      throws Exception {
    return new Bootstrap()
        .group(loop)
        .channel(transport.socketChannel())
        .option(ChannelOption.AUTO_READ, false)
        .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
        .handler(new ChannelInboundHandlerAdapter())
        .connect(to.getLocalSocketAddress())
        .sync()
        .channel();
  }

  @AfterEach
  void close() throws Exception {
    left.close();
    right.close();
    a.closeFuture().get(10, TimeUnit.SECONDS);
    b.closeFuture().get(10, TimeUnit.SECONDS);
    loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).get(10, TimeUnit.SECONDS);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void bytes_bothWaysAtOnce_arriveWhole(boolean epoll) throws Exception {
    join(epoll);
    byte[] up = random(3 * MEGABYTE);
    byte[] down = random(2 * MEGABYTE);
    CompletableFuture<Void> upwards = send(left, up);
    CompletableFuture<Void> downwards = send(right, down);
    CompletableFuture<byte[]> received =
        CompletableFuture.supplyAsync(() -> read(left, down.length), SpliceTest::start);
    assertThat(read(right, up.length)).isEqualTo(up);
    assertThat(received.get(10, TimeUnit.SECONDS)).isEqualTo(down);
    upwards.get(10, TimeUnit.SECONDS);
    downwards.get(10, TimeUnit.SECONDS);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void end_ofOneSide_leavesTheOtherDirectionOpen(boolean epoll) throws Exception {
    join(epoll);
    left.getOutputStream().write(1);
    left.shutdownOutput();
    assertThat(right.getInputStream().readAllBytes()).containsExactly(1);
    right.getOutputStream().write(2);
    assertThat(left.getInputStream().read()).isEqualTo(2);
    right.getOutputStream().write(3);
    right.shutdownOutput();
    assertThat(left.getInputStream().readAllBytes()).containsExactly(3);
    a.closeFuture().get(10, TimeUnit.SECONDS);
    b.closeFuture().get(10, TimeUnit.SECONDS);
  }

  /** Netty's epoll reads what came with an end of input, whether it was asked to or not. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void end_whileTheOtherSideIsSlow_losesNothing(boolean epoll) throws Exception {
    join(epoll);
    byte[] sent = random(8 * MEGABYTE);
    CompletableFuture<Void> sending =
        send(left, sent).thenRun(() -> unchecked(() -> left.shutdownOutput()));
    assertThat(read(right, MEGABYTE)).isEqualTo(Arrays.copyOf(sent, MEGABYTE));
    byte[] rest = right.getInputStream().readAllBytes();
    assertThat(rest).isEqualTo(Arrays.copyOfRange(sent, MEGABYTE, sent.length));
    sending.get(10, TimeUnit.SECONDS);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void slowReader_stopsTheWriter(boolean epoll) throws Exception {
    join(epoll);
    CompletableFuture<Void> sending = send(left, new byte[64 * MEGABYTE]);
    assertThatThrownBy(() -> sending.get(300, TimeUnit.MILLISECONDS))
        .as("nobody reads on the right: the writer is stopped by the sockets' buffers")
        .isInstanceOf(java.util.concurrent.TimeoutException.class);
    long held = loops.next().submit(() -> pending(b)).get(10, TimeUnit.SECONDS);
    assertThat(held).as("held in between").isLessThan(2 * MEGABYTE);
    read(right, 64 * MEGABYTE);
    sending.get(10, TimeUnit.SECONDS);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void reset_ofOneSide_resetsTheOther(boolean epoll) throws Exception {
    join(epoll);
    left.getOutputStream().write(1);
    assertThat(right.getInputStream().read()).isEqualTo(1);
    left.setSoLinger(true, 0);
    left.close();
    assertThatThrownBy(() -> right.getInputStream().read())
        .isInstanceOf(SocketException.class)
        .hasMessageContaining("reset");
  }

  /** A service that answers before it has the whole request, and goes. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void failingWrite_afterTheAnswer_takesNothingBack(boolean epoll) throws Exception {
    join(epoll);
    byte[] answer = random(100_000);
    right.getOutputStream().write(answer);
    right.shutdownOutput();
    Awaitility.await().until(((DuplexChannel) b)::isInputShutdown);
    left.getOutputStream().write(new byte[1000]);
    assertThat(read(right, 1000)).hasSize(1000);
    right.setSoLinger(true, 0);
    right.close();
    left.getOutputStream().write(new byte[1000]);
    b.closeFuture().get(10, TimeUnit.SECONDS);
    assertThat(left.getInputStream().readAllBytes()).isEqualTo(answer);
  }

  private static long pending(Channel channel) {
    var out = channel.unsafe().outboundBuffer();
    return out == null ? 0 : out.totalPendingWriteBytes();
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  private static CompletableFuture<Void> send(Socket socket, byte[] bytes) {
    return CompletableFuture.runAsync(
        () -> unchecked(() -> socket.getOutputStream().write(bytes)), SpliceTest::start);
  }

  /** A thread of its own, since it blocks. */
  private static void start(Runnable task) {
    new Thread(task, "splice test").start();
  }

  private static byte[] read(Socket socket, int length) {
    byte[][] read = new byte[1][];
    unchecked(() -> read[0] = socket.getInputStream().readNBytes(length));
    return read[0];
  }

  private interface Io {
    void run() throws IOException;
  }

  private static void unchecked(Io action) {
    try {
      action.run();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
