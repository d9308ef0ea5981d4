package relay.common.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.sshd.common.io.IoHandler;
import org.apache.sshd.common.io.IoSession;
import org.apache.sshd.common.util.Readable;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import relay.common.stream.Transport;

class NettyIoSessionTest {

  @Test
  void socket_isReadInShortTurns() {
    EmbeddedChannel channel = new EmbeddedChannel();
    NettyIoSession.attach(channel, new Recording());
    assertThat(channel.config().<RecvByteBufAllocator>getRecvByteBufAllocator())
        .isInstanceOf(ShortTurns.class);
    channel.close();
  }

  @Test
  void read_afterTheHandlerFailed_isDropped() {
    Recording handler = new Recording();
    handler.refuses = true;
    EmbeddedChannel channel = new EmbeddedChannel();
    NettyIoSession.attach(channel, handler);
    channel.writeInbound(bytes(3));
    channel.writeInbound(bytes(5));
    assertThat(handler.read).containsExactly(3);
    assertThat(handler.failures).hasSize(1);
    assertThat(channel.finishAndReleaseAll()).isFalse();
  }

  @Test
  void write_fromOtherThreads_goesOutInOrderWithOneFlush() {
    Recording handler = new Recording();
    EmbeddedChannel channel = new EmbeddedChannel();
    NettyIoSession session = NettyIoSession.attach(channel, handler);
    for (int i = 0; i < 100; i++) {
      session.writeBuffer(new ByteArrayBuffer(new byte[] {(byte) i}));
    }
    assertThat(channel.<Object>readOutbound()).as("before the loop's turn").isNull();
    channel.runPendingTasks();
    for (int i = 0; i < 100; i++) {
      ByteBuf bytes = channel.readOutbound();
      assertThat(bytes.readByte()).isEqualTo((byte) i);
      bytes.release();
    }
  }

  @Test
  void write_onAClosedChannel_failsItsFuture() {
    Recording handler = new Recording();
    EmbeddedChannel channel = new EmbeddedChannel();
    NettyIoSession session = NettyIoSession.attach(channel, handler);
    var early = session.writeBuffer(new ByteArrayBuffer(new byte[1]));
    channel.close();
    channel.runPendingTasks();
    var late = session.writeBuffer(new ByteArrayBuffer(new byte[1]));
    channel.runPendingTasks();
    assertThat(early.isDone()).isTrue();
    assertThat(late.isDone()).isTrue();
    assertThat(late.isWritten()).isFalse();
  }

  @Test
  void writes_thatThePeerDoesNotRead_failTheSession() throws Exception {
    try (Served served = new Served(Transport.best())) {
      NettyIoSession session = served.attached.get(5, TimeUnit.SECONDS);
      for (int i = 0; i < 24; i++) {
        session.writeBuffer(new ByteArrayBuffer(new byte[1 << 20]));
      }
      assertThat(served.handler.failures.poll(5, TimeUnit.SECONDS))
          .isInstanceOf(IOException.class)
          .hasMessage("the peer does not read");
    }
  }

  static List<Transport> transports() {
    return List.of(Transport.best(), Transport.nio());
  }

  @ParameterizedTest
  @MethodSource("transports")
  void leave_peerThatStillSends_readsAllAndTheEnd(Transport transport) throws Exception {
    try (Served served = new Served(transport)) {
      NettyIoSession session = served.attached.get(5, TimeUnit.SECONDS);
      session.suspendRead();
      AtomicBoolean over = new AtomicBoolean();
      CompletableFuture<Void> sending = new CompletableFuture<>();
      Thread sender =
          new Thread(() -> {
            try {
              while (!over.get()) {
                served.peer.getOutputStream().write(new byte[10_000]);
              }
              sending.complete(null);
            } catch (IOException e) {
              sending.completeExceptionally(e);
            }
          });
      sender.start();
      session
          .eventLoop()
          .execute(() -> {
            session.writeBuffer(new ByteArrayBuffer(new byte[1 << 20]));
            session.leave(20_000);
          });
      assertThat(served.peer.getInputStream().readAllBytes()).hasSize(1 << 20);
      int read = served.handler.read.size();
      over.set(true);
      sending.get(5, TimeUnit.SECONDS);
      assertThat(served.handler.read).as("what comes is dropped").hasSize(read);
      assertThat(served.accepted.join().isOpen()).isTrue();
      served.peer.close();
      assertThat(served.accepted.join().closeFuture().await(5, TimeUnit.SECONDS)).isTrue();
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void leave_peerThatStays_isClosedAtTheLimit(Transport transport) throws Exception {
    try (Served served = new Served(transport)) {
      NettyIoSession session = served.attached.get(5, TimeUnit.SECONDS);
      session.eventLoop().execute(() -> session.leave(100));
      assertThat(served.accepted.join().closeFuture().await(5, TimeUnit.SECONDS)).isTrue();
      assertThat(served.peer.getInputStream().read()).isEqualTo(-1);
    }
  }

  /** A peer, and the session that a listener has made of its connection. */
  private static final class Served implements AutoCloseable {
    final Recording handler = new Recording();
    final CompletableFuture<Channel> accepted = new CompletableFuture<>();
    final CompletableFuture<NettyIoSession> attached = new CompletableFuture<>();
    private final EventLoopGroup loops;
    private final Channel listener;
    final Socket peer = new Socket();

    Served(Transport transport) throws Exception {
      loops = transport.group("io", 1);
      ChannelInboundHandlerAdapter attaching =
          new ChannelInboundHandlerAdapter() {
            @Override
            public void channelActive(ChannelHandlerContext ctx) {
              accepted.complete(ctx.channel());
              attached.complete(NettyIoSession.attach(ctx.channel(), handler));
            }

            @Override
            public boolean isSharable() {
              return true;
            }
          };
      listener =
          new ServerBootstrap()
              .group(loops)
              .channel(transport.serverChannel())
              .childHandler(attaching)
              .bind("127.0.0.1", 0)
              .sync()
              .channel();
      peer.connect((InetSocketAddress) listener.localAddress());
    }

    @Override
    public void close() throws Exception {
      if (accepted.isDone()) {
        accepted.join().close().sync(); // as MINA does; what waits to be written goes with it
      }
      peer.close();
      listener.close().sync();
      loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
    }
  }

  private static ByteBuf bytes(int length) {
    return Unpooled.wrappedBuffer(new byte[length]);
  }

  /** What MINA would be told. */
  private static final class Recording implements IoHandler {
    private final List<Integer> read = new CopyOnWriteArrayList<>();
    private final BlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();
    private boolean refuses;

    @Override
    public void sessionCreated(IoSession session) {}

    @Override
    public void sessionClosed(IoSession session) {}

    @Override
    public void exceptionCaught(IoSession session, Throwable cause) {
      failures.add(cause);
    }

    @Override
    public void messageReceived(IoSession session, Readable message) throws Exception {
      read.add(message.available());
      if (refuses) {
        throw new IOException("a packet that cannot be");
      }
    }
  }
}
