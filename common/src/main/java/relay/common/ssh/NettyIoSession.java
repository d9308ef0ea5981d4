package relay.common.ssh;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.DuplexChannel;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.sshd.common.future.CloseFuture;
import org.apache.sshd.common.io.AbstractIoWriteFuture;
import org.apache.sshd.common.io.IoHandler;
import org.apache.sshd.common.io.IoService;
import org.apache.sshd.common.io.IoSession;
import org.apache.sshd.common.io.IoWriteFuture;
import org.apache.sshd.common.util.Readable;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.common.util.closeable.AbstractCloseable;

/**
 * MINA's transport on a Netty channel, without a thread or a queue of MINA's own.
 *
 * <p>Packets that MINA has encoded wait in one queue, in the order of their sequence numbers
 * whichever thread encoded them, and go out with one flush in each turn of the event loop. The
 * encoded array is wrapped, not copied: nobody writes to it before it was sent.
 */
public final class NettyIoSession extends AbstractCloseable implements IoSession {

  /** What may wait before {@link #isWritable()} says no: a few packets of 32 KiB, in bytes. */
  private static final int HIGH_WATER = 256 * 1024;

  /**
   * What may wait for a peer that sends and does not read, in bytes. Data is never more than {@link
   * #HIGH_WATER} and a few packets; the rest is answers.
   */
  private static final int MAX_UNREAD = 8 * 1024 * 1024;

  private static final AtomicLong IDS = new AtomicLong();

  /** What the SSH connection wants to know of its transport; all calls on the event loop. */
  public interface Listener {
    /** Bytes came in; those that formed packets were handled. */
    void read();

    /** {@link #isWritable()} may say yes again. */
    void writable();

    /** No more bytes come or go. */
    void closed();
  }

  private final long id = IDS.incrementAndGet();
  private final Channel channel;
  private final IoHandler handler;
  private final Map<Object, Object> attributes = new ConcurrentHashMap<>();
  private final Queue<Outgoing> queue = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean drainScheduled = new AtomicBoolean();
  private final AtomicInteger queued = new AtomicInteger();
  private final SocketAddress remote;
  private Listener listener = SILENT;
  private boolean leaving;

  private NettyIoSession(Channel channel, IoHandler handler) {
    this.channel = channel;
    this.handler = handler;
    this.remote = channel.remoteAddress();
  }

  /**
   * Starts SSH on a connected channel. To be called on its event loop; closes the channel if MINA
   * cannot make a session of it.
   */
  public static NettyIoSession attach(Channel channel, IoHandler handler) {
    NettyIoSession session = new NettyIoSession(channel, handler);
    channel.config().setRecvByteBufAllocator(new ShortTurns());
    channel.pipeline().addLast(session.new Adapter());
    try {
      handler.sessionCreated(session);
    } catch (Exception e) {
      channel.close();
      session.log.warn("no SSH session for {}: {}", session.remote, e.toString());
    }
    return session;
  }

  /** On the event loop. */
  public void listen(Listener to) {
    listener = to;
  }

  public EventLoop eventLoop() {
    return channel.eventLoop();
  }

  /** Whether more packets should be made now. Any thread. */
  public boolean isWritable() {
    return queued.get() < HIGH_WATER && channel.isWritable();
  }

  @Override
  public IoWriteFuture writeBuffer(Buffer buffer) {
    int length = buffer.available();
    ByteBuf bytes = Unpooled.wrappedBuffer(buffer.array(), buffer.rpos(), length);
    Outgoing packet = new Outgoing(bytes, buffer);
    queued.addAndGet(length);
    queue.add(packet);
    if (drainScheduled.compareAndSet(false, true)) {
      channel.eventLoop().execute(this::drain);
    }
    return packet;
  }

  private void drain() {
    drainScheduled.set(false);
    boolean wrote = false;
    for (Outgoing packet = queue.poll(); packet != null; packet = queue.poll()) {
      queued.addAndGet(-packet.bytes.readableBytes());
      channel.write(packet.bytes).addListener(packet);
      wrote = true;
    }
    if (wrote) {
      channel.flush();
      if (isWritable()) {
        listener.writable();
      } else if (channel.bytesBeforeWritable() > MAX_UNREAD) {
        channel.pipeline().fireExceptionCaught(new IOException("the peer does not read"));
      }
    }
  }

  @Override
  public void suspendRead() {
    channel.config().setAutoRead(false);
  }

  @Override
  public void resumeRead() {
    channel.config().setAutoRead(true);
  }

  @Override
  public void shutdownOutputStream() {
    if (channel instanceof DuplexChannel duplex) {
      channel.eventLoop().execute(duplex::shutdownOutput);
    }
  }

  /**
   * Sends what waits and then the end, drops what comes, and closes the connection when the peer
   * has. On the event loop.
   *
   * @param limit what the peer has for it, in milliseconds
   */
  public void leave(long limit) {
    leaving = true;
    channel.eventLoop().schedule(() -> channel.close(), limit, TimeUnit.MILLISECONDS);
    drain();
    resumeRead();
    channel
        .writeAndFlush(Unpooled.EMPTY_BUFFER)
        .addListener(sent -> shutdownOutputStream()); // which drops what is not sent yet
  }

  @Override
  protected CloseFuture doCloseGracefully() {
    channel
        .eventLoop()
        .execute(() -> {
          drain();
          channel
              .writeAndFlush(Unpooled.EMPTY_BUFFER)
              .addListener(ChannelFutureListener.CLOSE)
              .addListener(f -> closeFuture.setClosed());
        });
    return closeFuture;
  }

  @Override
  protected void doCloseImmediately() {
    channel.close();
    super.doCloseImmediately();
  }

  @Override
  public long getId() {
    return id;
  }

  @Override
  @SuppressWarnings("NullAway") // MINA's interface is not annotated: null means no such attribute
  public Object getAttribute(Object key) {
    return attributes.get(key);
  }

  @Override
  @SuppressWarnings("NullAway") // as above
  public Object setAttribute(Object key, Object value) {
    return attributes.put(key, value);
  }

  @Override
  @SuppressWarnings("NullAway") // as above
  public Object setAttributeIfAbsent(Object key, Object value) {
    return attributes.putIfAbsent(key, value);
  }

  @Override
  @SuppressWarnings("NullAway") // as above
  public Object removeAttribute(Object key) {
    return attributes.remove(key);
  }

  @Override
  public SocketAddress getRemoteAddress() {
    return remote;
  }

  @Override
  public SocketAddress getLocalAddress() {
    return channel.localAddress();
  }

  @Override
  public SocketAddress getAcceptanceAddress() {
    return channel.localAddress();
  }

  /** There is none: connections are accepted and made by Netty alone. */
  @Override
  public IoService getService() {
    throw new IllegalStateException("this transport has no MINA IoService");
  }

  @Override
  public String toString() {
    return "ssh[" + remote + "]";
  }

  private static final Listener SILENT =
      new Listener() {
        @Override
        public void read() {}

        @Override
        public void writable() {}

        @Override
        public void closed() {}
      };

  /** One encoded packet, and MINA's future for it. */
  private static final class Outgoing extends AbstractIoWriteFuture
      implements ChannelFutureListener {

    private final ByteBuf bytes;
    private final Buffer buffer;

    Outgoing(ByteBuf bytes, Buffer buffer) {
      super("packet", null);
      this.bytes = bytes;
      this.buffer = buffer;
    }

    @Override
    public void operationComplete(ChannelFuture future) {
      PacketBuffers.put(buffer);
      if (future.isSuccess()) {
        setValue(true);
      } else {
        setValue(future.cause());
      }
    }
  }

  /** Netty's side of the session. */
  private final class Adapter extends ChannelInboundHandlerAdapter {

    /** MINA's decoder stands in the middle of a packet: what follows would be read as another. */
    private boolean failed;

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
      ByteBuf bytes = (ByteBuf) message;
      try {
        if (isOpen() && !failed && !leaving) {
          handler.messageReceived(NettyIoSession.this, readable(bytes));
        }
      } catch (Exception e) {
        failed = true;
        throw e;
      } finally {
        bytes.release();
      }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      listener.read();
      drain();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
      if (isWritable()) {
        listener.writable();
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) throws Exception {
      for (Outgoing packet = queue.poll(); packet != null; packet = queue.poll()) {
        packet.setValue(new ClosedChannelException());
      }
      try {
        handler.sessionClosed(NettyIoSession.this);
      } finally {
        listener.closed();
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) throws Exception {
      if (leaving && cause instanceof IOException) {
        ctx.close(); // the peer has gone without an end
        return;
      }
      handler.exceptionCaught(NettyIoSession.this, cause);
    }
  }

  private static Readable readable(ByteBuf bytes) {
    return new Readable() {
      @Override
      public int available() {
        return bytes.readableBytes();
      }

      @Override
      public void getRawBytes(byte[] data, int offset, int length) {
        bytes.readBytes(data, offset, length);
      }
    };
  }
}
