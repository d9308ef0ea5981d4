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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.sshd.common.io.IoHandler;
import org.apache.sshd.common.io.IoSession;
import org.apache.sshd.common.util.Readable;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;
import org.junit.jupiter.api.Test;
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
    EventLoopGroup loops = Transport.best().group("io", 1);
    Recording handler = new Recording();
    CompletableFuture<Channel> accepted = new CompletableFuture<>();
    CompletableFuture<NettyIoSession> attached = new CompletableFuture<>();
    Channel listener =
        new ServerBootstrap()
            .group(loops)
            .channel(Transport.best().serverChannel())
            .childHandler(
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
                })
            .bind("127.0.0.1", 0)
            .sync()
            .channel();
    try (Socket peer = new Socket()) {
      peer.connect((InetSocketAddress) listener.localAddress());
      NettyIoSession session = attached.get(5, TimeUnit.SECONDS);
      for (int i = 0; i < 24; i++) {
        session.writeBuffer(new ByteArrayBuffer(new byte[1 << 20]));
      }
      assertThat(handler.failures.poll(5, TimeUnit.SECONDS))
          .isInstanceOf(IOException.class)
          .hasMessage("the peer does not read");
      accepted.join().close().sync(); // as MINA does; else what waits to be written is lost with it
    } finally {
      listener.close().sync();
      loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
    }
  }

  private static ByteBuf bytes(int length) {
    return Unpooled.wrappedBuffer(new byte[length]);
  }

  /** What MINA would be told. */
  private static final class Recording implements IoHandler {
    private final List<Integer> read = new ArrayList<>();
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
