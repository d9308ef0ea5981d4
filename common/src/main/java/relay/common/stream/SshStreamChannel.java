package relay.common.stream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.AbstractChannel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelOutputShutdownException;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Promise;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.Consumer;
import org.apache.sshd.common.util.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * An SSH channel as a Netty channel, on any event loop.
 *
 * <p>Reading: auto-read is off. {@code read()} hands on what has come, then {@code
 * channelReadComplete}; and it is the promise that what was handed on before has been written to
 * where it goes, so that the other side is granted as much again (RFC 4254 §5.2). The other side's
 * EOF is a {@link ChannelInputShutdownEvent} behind the last byte. {@code channelInactive} without
 * it is a cut. {@link FastReader} is fired once, when the window has grown.
 *
 * <p>Writing: a write is done once its bytes stand in packets, for which the other side's window
 * and the transport had room. {@link #shutdownOutput()} flushes, and sends EOF behind that. {@link
 * #close()} sends CLOSE; without an EOF before it the other side sees a cut.
 */
public final class SshStreamChannel extends AbstractChannel implements DuplexChannel {

  private static final ChannelMetadata METADATA = new ChannelMetadata(false);

  private final SshConnection connection;
  private final ChannelConfig config = new DefaultChannelConfig(this);
  private final ArrayDeque<Object> inbound = new ArrayDeque<>();
  private final ReceiveWindow window;
  private final @Nullable Pace reading;
  private final @Nullable Pace writing;
  private @Nullable Promise<SshStreamChannel> opened;
  private @Nullable StreamState state;

  private long sendWindow;
  private int maxPacket;
  private boolean active;
  private boolean open = true;
  private boolean readWanted;
  private boolean delivering;
  private boolean starving;
  private boolean fastTold;
  private boolean inputShutdown;
  private boolean outputShutdown;
  private @Nullable ChannelPromise eofPromise;

  SshStreamChannel(SshConnection connection, @Nullable Promise<SshStreamChannel> opened) {
    super(null);
    this.connection = connection;
    this.opened = opened;
    this.window = connection.newWindow();
    ByteRate rate = connection.rate();
    this.reading = rate == null ? null : new Pace(rate, this, this::deliver);
    this.writing = rate == null ? null : new Pace(rate, this, this::flushNow);
    config.setAllocator(Transport.ALLOCATOR);
    config.setAutoRead(false);
  }

  void attach(StreamState to) {
    state = to;
  }

  private StreamState state() {
    StreamState s = state;
    if (s == null) {
      throw new IllegalStateException("the stream has no connection");
    }
    return s;
  }

  // --- from the connection ----------------------------------------------------------------------

  /** Takes what has come since the last time. On this channel's event loop. */
  void receive(List<StreamEvent> batch) {
    for (int i = 0; i < batch.size(); i++) {
      StreamEvent event = batch.get(i);
      if (event instanceof StreamEvent.Data data) {
        if (open) {
          inbound.add(data.bytes());
        } else {
          data.bytes().release();
        }
      } else if (event instanceof StreamEvent.WindowAdjust adjust) {
        sendWindow = Math.min(sendWindow + adjust.bytes(), 0xffff_ffffL);
        flushNow();
      } else if (event instanceof StreamEvent.Request request) {
        pipeline().fireUserEventTriggered(request.request());
      } else if (event instanceof StreamEvent.Opened confirmation) {
        opened(confirmation);
      } else if (event instanceof StreamEvent.Refused refused) {
        refused(refused.why());
      } else if (event == StreamEvent.CUT) {
        cut();
      } else if (open) {
        inbound.add(event);
      }
    }
    deliver();
  }

  private void opened(StreamEvent.Opened confirmation) {
    sendWindow = confirmation.window();
    maxPacket = Math.max(1, confirmation.maxPacket());
    if (!open) {
      return;
    }
    active = true;
    pipeline().fireChannelActive();
    Promise<SshStreamChannel> promise = opened;
    opened = null;
    if (promise != null && !promise.trySuccess(this)) {
      close();
    }
  }

  private void refused(OpenRefused why) {
    Promise<SshStreamChannel> promise = opened;
    opened = null;
    if (promise != null) {
      promise.tryFailure(why);
    }
    closeNow();
  }

  private void cut() {
    if (opened != null) {
      refused(new OpenRefused(OpenRefused.Reason.CLOSED, "the session ended"));
    } else {
      closeNow();
    }
  }

  /**
   * The other side takes nothing any more: closes past the handlers, since a TLS handler would wait
   * some seconds for its last words to be written.
   */
  private void closeNow() {
    unsafe().close(unsafe().voidPromise());
  }

  /** What follows the end of the input is the close, which needs no reader. */
  private void deliver() {
    if (delivering) {
      return;
    }
    delivering = true;
    try {
      while ((readWanted || inputShutdown) && open && !inbound.isEmpty() && !pauses()) {
        deliverBatch();
      }
    } finally {
      delivering = false;
    }
  }

  /** Bytes wait for the rate that they share, and the end behind them; the end alone does not. */
  private boolean pauses() {
    return reading != null && inbound.peek() instanceof ByteBuf && reading.pauses();
  }

  private void deliverBatch() {
    boolean any = false;
    while (inbound.peek() instanceof ByteBuf bytes && !(any && pauses())) {
      inbound.remove();
      if (reading != null) {
        reading.carried(bytes.readableBytes());
      }
      window.handedOn(bytes.readableBytes(), System.nanoTime());
      any = true;
      readWanted = false;
      pipeline().fireChannelRead(bytes);
    }
    if (any) {
      pipeline().fireChannelReadComplete();
      return;
    }
    Object end = inbound.poll();
    if (end == StreamEvent.EOF && !inputShutdown) {
      inputShutdown = true;
      readWanted = false;
      pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
    } else if (end == StreamEvent.CLOSE) {
      closeNow();
    }
  }

  @Override
  protected void doBeginRead() {
    readWanted = true;
    if (window.isHeld()) {
      int grant = window.written(System.nanoTime());
      if (grant > 0 && !inputShutdown) {
        connection.grant(state(), grant);
      }
      if (!fastTold && window.isLarge()) {
        fastTold = true;
        pipeline().fireUserEventTriggered(FastReader.INSTANCE);
      }
    }
    if (!inbound.isEmpty()) {
      deliver();
    }
  }

  // --- towards the connection -------------------------------------------------------------------

  @Override
  protected void doWrite(ChannelOutboundBuffer out) {
    while (!out.isEmpty()) {
      if (!active) {
        return;
      }
      if (out.current() instanceof ByteBuf bytes && !bytes.isReadable()) {
        out.remove(); // written for its promise
        continue;
      }
      if (sendWindow == 0) {
        return;
      }
      if (!connection.outgoing().isWritable()) {
        starve();
        return;
      }
      if (writing != null && writing.pauses()) {
        return;
      }
      writePacket(out);
    }
    if (outputShutdown) {
      sendEof();
    }
  }

  /**
   * Fills one packet from as many of the flushed buffers as go into it. They are removed once it is
   * on its way: whoever is told that his write is done may end the output, and EOF must not
   * overtake the packet.
   */
  private void writePacket(ChannelOutboundBuffer out) {
    int room = (int) Math.min(Math.min(maxPacket, SshConnection.MAX_PACKET), sendWindow);
    int length = Math.min(Flushed.bytes(out, room), room);
    Buffer packet = connection.outgoing().dataPacket(state(), length);
    int end = packet.wpos() + length;
    Flushed.forEach(
        out,
        bytes -> {
          int at = packet.wpos();
          int n = Math.min(end - at, bytes.readableBytes());
          packet.wpos(at + n);
          bytes.getBytes(bytes.readerIndex(), packet.array(), at, n);
          return at + n < end;
        });
    if (packet.wpos() != end) {
      throw new IllegalStateException(
          (end - packet.wpos()) + " bytes were announced and not there");
    }
    sendWindow -= length;
    if (writing != null) {
      writing.carried(length);
    }
    connection.outgoing().sendData(state(), packet);
    out.removeBytes(length);
  }

  private void starve() {
    if (!starving) {
      starving = true;
      connection.outgoing().awaitWritable(this);
    }
  }

  /** The transport has room again. Any thread. */
  void resume() {
    if (eventLoop().inEventLoop()) {
      starving = false;
      flushNow();
    } else {
      eventLoop().execute(this::resume);
    }
  }

  private void flushNow() {
    if (open) {
      ((StreamUnsafe) unsafe()).resume();
    }
  }

  private void sendEof() {
    ChannelPromise promise = eofPromise;
    if (promise != null) {
      eofPromise = null;
      connection.sendEof(state());
      promise.trySuccess();
    }
  }

  @Override
  protected Object filterOutboundMessage(Object message) {
    if (!(message instanceof ByteBuf)) {
      throw new UnsupportedOperationException(
          "a stream takes ByteBuf, not " + message.getClass().getName());
    }
    if (outputShutdown) {
      throw new IllegalStateException("the stream's output was shut down"); // Netty releases it
    }
    return message;
  }

  @Override
  public ChannelFuture shutdownOutput(ChannelPromise promise) {
    if (!eventLoop().inEventLoop()) {
      eventLoop().execute(() -> shutdownOutput(promise));
      return promise;
    }
    if (!open) {
      return promise.setFailure(new ChannelOutputShutdownException("the stream is closed"));
    }
    if (outputShutdown) {
      return promise.setSuccess();
    }
    outputShutdown = true;
    eofPromise = promise;
    unsafe().flush();
    ChannelOutboundBuffer out = unsafe().outboundBuffer();
    if (out == null || out.isEmpty()) {
      sendEof();
    }
    return promise;
  }

  @Override
  protected void doClose() {
    open = false;
    active = false;
    window.close();
    for (Object o = inbound.poll(); o != null; o = inbound.poll()) {
      ReferenceCountUtil.release(o);
    }
    Promise<SshStreamChannel> promise = opened;
    opened = null;
    if (promise != null) {
      promise.tryFailure(new OpenRefused(OpenRefused.Reason.CLOSED, "the stream was closed"));
    }
    ChannelPromise eof = eofPromise;
    eofPromise = null;
    if (eof != null) {
      eof.tryFailure(new ChannelOutputShutdownException("the stream was closed before its end"));
    }
    connection.close(state());
  }

  /** Sends a channel request that wants no reply, such as {@code exit-status}. Any thread. */
  public void request(String type, Consumer<Buffer> details) {
    connection.request(state(), type, details);
  }

  /**
   * Sends text as the standard error of RFC 4254 §5.2, as far as the other side's window has room:
   * meant for one line. On this channel's event loop.
   */
  public void writeError(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int length = (int) Math.min(Math.min(bytes.length, maxPacket), sendWindow);
    sendWindow -= length;
    connection
        .outgoing()
        .sendData(state(), connection.outgoing().errorPacket(state(), bytes, length));
  }

  // --- what Netty asks of a channel -------------------------------------------------------------

  @Override
  protected AbstractUnsafe newUnsafe() {
    return new StreamUnsafe();
  }

  private final class StreamUnsafe extends AbstractUnsafe {
    @Override
    public void connect(SocketAddress remote, SocketAddress local, ChannelPromise promise) {
      promise.setFailure(new UnsupportedOperationException("a stream is opened by its connection"));
    }

    void resume() {
      flush0();
    }
  }

  @Override
  protected boolean isCompatible(EventLoop loop) {
    return true;
  }

  @Override
  protected @Nullable SocketAddress localAddress0() {
    return null;
  }

  @Override
  protected @Nullable SocketAddress remoteAddress0() {
    return null;
  }

  @Override
  protected void doBind(SocketAddress local) {
    throw new UnsupportedOperationException("a stream has no address");
  }

  @Override
  protected void doDisconnect() {
    doClose();
  }

  @Override
  public ChannelConfig config() {
    return config;
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public boolean isActive() {
    return active;
  }

  @Override
  public ChannelMetadata metadata() {
    return METADATA;
  }

  @Override
  public boolean isInputShutdown() {
    return inputShutdown;
  }

  @Override
  public boolean isOutputShutdown() {
    return outputShutdown;
  }

  @Override
  public boolean isShutdown() {
    return inputShutdown && outputShutdown;
  }

  @Override
  public ChannelFuture shutdownOutput() {
    return shutdownOutput(newPromise());
  }

  @Override
  public ChannelFuture shutdownInput() {
    return shutdownInput(newPromise());
  }

  /** SSH cannot end the other side's output alone. */
  @Override
  public ChannelFuture shutdownInput(ChannelPromise promise) {
    return promise.setFailure(new UnsupportedOperationException("close the stream"));
  }

  @Override
  public ChannelFuture shutdown() {
    return close();
  }

  @Override
  public ChannelFuture shutdown(ChannelPromise promise) {
    return close(promise);
  }
}
