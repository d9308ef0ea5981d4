package relay.common.stream;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.SshException;
import org.apache.sshd.common.session.helpers.AbstractSession;
import org.apache.sshd.common.util.buffer.Buffer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import relay.common.ssh.LoopKeyExchange;
import relay.common.ssh.NettyIoSession;

/**
 * The SSH connection protocol (RFC 4254) on one authenticated session: its streams and its global
 * requests. MINA does the transport and the authentication below; nothing of MINA's own channels is
 * used.
 *
 * <p>All state here belongs to the session's event loop. A stream may live on another loop: what
 * comes for it is handed over once for each batch that was read, and what it sends comes back as
 * packets that are ready to be encrypted.
 */
public final class SshConnection implements NettyIoSession.Listener {

  private static final Logger LOG = LoggerFactory.getLogger(SshConnection.class);

  private static final long FAREWELL_MS = 1_000;

  /** The largest payload of one packet that we accept: what RFC 4253 §6.1 makes everyone take. */
  static final int MAX_PACKET = 32 * 1024;

  /** What the two roles do differently. All calls on the session's event loop. */
  public interface Role {
    /** The other side asks for a channel; it is to be accepted or refused, now or later. */
    void open(StreamOpen open);

    /** The other side sent a global request; it is to be answered, now or later. */
    void request(GlobalRequest request);

    /**
     * The other side asks for a channel more than there may be.
     *
     * @param shared whether connections that share a quota have them, and not this one alone
     * @return what the refusal says
     */
    default String full(boolean shared) {
      return "all channels are in use";
    }

    /** The session is over: every stream was ended before. */
    void closed();
  }

  private final AbstractSession session;
  private final NettyIoSession transport;
  private final Outgoing out;
  private final StreamLimits limits;
  private final Role role;
  private final EventLoop loop;
  private final GlobalRequests globals;

  private final Streams streams;
  private final ChannelPackets packets;
  private final ChannelMessages messages;
  private boolean closed;
  private volatile long lastHeard = System.nanoTime();

  public SshConnection(
      AbstractSession session,
      LoopKeyExchange keyExchange,
      StreamLimits limits,
      Function<SshConnection, Role> role) {
    this.session = session;
    this.transport = (NettyIoSession) session.getIoSession();
    this.out = new Outgoing(session, transport, keyExchange, this::fail);
    this.limits = limits;
    this.streams = new Streams(limits);
    this.packets = new ChannelPackets(session, limits.window());
    this.messages = new ChannelMessages(this, streams);
    this.loop = transport.eventLoop();
    this.globals = new GlobalRequests(this, transport);
    this.role = role.apply(this);
    transport.listen(this);
    keyExchange.whenDone(loop, this::writable);
  }

  public EventLoop eventLoop() {
    return loop;
  }

  /** The other side's address. Any thread. */
  public InetSocketAddress remoteAddress() {
    return (InetSocketAddress) transport.getRemoteAddress();
  }

  /** Streams open or closing, tombstones included. On the event loop. */
  public int streamCount() {
    return streams.count();
  }

  /** When bytes of the other side's own last came, in {@link System#nanoTime}. Any thread. */
  public long lastHeard() {
    return lastHeard;
  }

  /**
   * Ends the session with a message that the other side's user reads: what comes from him until he
   * has hung up is dropped, since a socket that is closed on it is reset, and whoever writes to
   * that fails before he reads. He has {@link #FAREWELL_MS} for it. Any thread.
   */
  public void disconnect(int reason, String message) {
    end(reason, message, FAREWELL_MS);
  }

  /** Ends the session of one who is not expected to read why. Any thread. */
  public void cut(int reason, String message) {
    end(reason, message, 0);
  }

  private void end(int reason, String message, long farewell) {
    loop.execute(() -> {
      if (closed) {
        return;
      }
      try {
        Buffer packet = packet(SshConstants.SSH_MSG_DISCONNECT, 64 + message.length());
        packet.putInt(reason);
        packet.putString(message);
        packet.putString(""); // the language
        session.writePacket(packet);
      } catch (IOException | RuntimeException e) {
        LOG.debug("{}: disconnect: {}", transport, e.toString());
      }
      try {
        closed();
      } finally {
        transport.leave(farewell);
      }
    });
  }

  // --- streams --------------------------------------------------------------------------------

  /**
   * Asks the other side for a channel. Any thread.
   *
   * @param on the event loop on which the stream lives and the future's listeners run
   * @param type as in RFC 4254 §5.1
   * @param details writes what the type adds to the request
   * @return the active stream; or fails with {@link OpenRefused}, after the limit too. Cancelling
   *     it closes the stream whenever the other side confirms it
   */
  public Future<SshStreamChannel> open(EventLoop on, String type, Consumer<Buffer> details) {
    Promise<SshStreamChannel> opened = on.newPromise();
    if (loop.inEventLoop()) {
      open(on, type, details, opened);
    } else {
      loop.execute(() -> open(on, type, details, opened));
    }
    return opened;
  }

  private void open(
      EventLoop on, String type, Consumer<Buffer> details, Promise<SshStreamChannel> opened) {
    if (closed) {
      opened.tryFailure(new OpenRefused(OpenRefused.Reason.CLOSED, "the session is closed"));
      return;
    }
    if (!streams.acquire()) {
      opened.tryFailure(
          new OpenRefused(OpenRefused.Reason.TOO_MANY, "all channels of the session are in use"));
      return;
    }
    SshStreamChannel channel = new SshStreamChannel(this, opened);
    StreamState state = streams.add(channel);
    on.register(channel);
    try {
      session.writePacket(packets.open(state, type, details));
    } catch (IOException e) {
      fail(e);
      return;
    }
    state.openTimer =
        loop.schedule(
            () -> buryUnanswered(state), limits.openTimeout().toMillis(), TimeUnit.MILLISECONDS);
  }

  /**
   * SSH cannot take back an open: the id stays, and its late confirmation is answered with CLOSE.
   */
  private void buryUnanswered(StreamState state) {
    if (state.phase == StreamState.Phase.OPENING) {
      streams.tell(
          state,
          new StreamEvent.Refused(
              new OpenRefused(OpenRefused.Reason.NO_ANSWER, "no answer to the channel open")));
      state.phase = StreamState.Phase.TOMBSTONE;
      streams.deliver();
    }
  }

  /** Accepts a channel that the other side asked for; by {@link StreamOpen}. On the event loop. */
  SshStreamChannel accept(EventLoop on, int peerId, long window, int maxPacket) throws IOException {
    streams.answered();
    if (closed) {
      throw new ClosedChannelException();
    }
    SshStreamChannel channel = new SshStreamChannel(this, null);
    StreamState state = streams.add(channel);
    state.confirmed(peerId);
    on.register(channel);
    session.writePacket(packets.confirmation(state));
    streams.tell(state, new StreamEvent.Opened(window, maxPacket));
    streams.deliver();
    return channel;
  }

  void refuse(int peerId, int reason, String message) throws IOException {
    streams.answered();
    streams.release();
    sendRefusal(peerId, reason, message);
  }

  private void sendRefusal(int peerId, int reason, String message) throws IOException {
    if (!closed) {
      session.writePacket(packets.refusal(peerId, reason, message));
    }
  }

  /** The stream was closed on our side; any thread. */
  void close(StreamState state) {
    out.onLoop(() -> {
      switch (state.phase) {
        case OPENING -> state.phase = StreamState.Phase.TOMBSTONE;
        case OPEN -> {
          state.phase = StreamState.Phase.CLOSING;
          sendClose(state);
          forgetIfClosed(state);
        }
        default -> {
          // CLOSE was sent, or is sent when a late confirmation comes
        }
      }
    });
  }

  /** The stream's input was ended on our side; any thread. */
  void sendEof(StreamState state) {
    out.onLoop(() -> {
      if (state.isSending()) {
        out.write(packets.bare(SshConstants.SSH_MSG_CHANNEL_EOF, state));
      }
    });
  }

  /** Grants the other side {@code bytes} more; any thread. */
  void grant(StreamState state, int bytes) {
    out.onLoop(() -> {
      if (state.isSending() && !state.eofReceived && !closed) {
        state.receiveWindow += bytes;
        out.write(packets.windowAdjust(state, bytes));
      }
    });
  }

  /** Answers a channel request (RFC 4254 §5.4); any thread. */
  void answer(StreamState state, boolean success) {
    out.onLoop(() -> {
      if (state.isSending()) {
        byte command =
            success ? SshConstants.SSH_MSG_CHANNEL_SUCCESS : SshConstants.SSH_MSG_CHANNEL_FAILURE;
        out.write(packets.bare(command, state));
      }
    });
  }

  /** Sends a channel request that wants no reply; any thread. */
  void request(StreamState state, String type, Consumer<Buffer> details) {
    out.onLoop(() -> {
      if (state.isSending()) {
        out.write(packets.request(state, type, details));
      }
    });
  }

  void sendClose(StreamState state) {
    if (!closed) {
      out.write(packets.bare(SshConstants.SSH_MSG_CHANNEL_CLOSE, state));
    }
    state.closeSent = true;
  }

  void forgetIfClosed(StreamState state) {
    if (state.closeSent && state.closeReceived) {
      streams.remove(state);
    }
  }

  // --- what streams send ----------------------------------------------------------------------

  /** The way out for what streams send. */
  Outgoing outgoing() {
    return out;
  }

  ReceiveWindow newWindow() {
    return new ReceiveWindow(limits.window(), limits.budget());
  }

  /** What the streams' bytes share with others; null for nothing. */
  @Nullable ByteRate rate() {
    return limits.rate();
  }

  private void fail(Throwable cause) {
    LOG.debug("{}: {}", transport, cause.toString());
    session.exceptionCaught(cause);
  }

  // --- the transport --------------------------------------------------------------------------

  @Override
  public void read() {
    lastHeard = System.nanoTime();
    streams.deliverAll();
  }

  @Override
  public void writable() {
    out.resume();
  }

  @Override
  public void closed() {
    if (closed) {
      return;
    }
    closed = true;
    out.close();
    streams.close();
    globals.closed();
    role.closed();
  }

  /**
   * A message of RFC 4254 (numbers 80 to 100), its number read already. On the event loop.
   *
   * @throws IOException where it breaks the protocol; the session then ends
   */
  public void process(int command, Buffer buffer) throws IOException {
    streams.hold();
    try {
      processMessage(command, buffer);
    } catch (RuntimeException e) {
      LOG.debug("{}: message {}", transport, command, e);
      throw violation("message " + command + " cannot be read: " + e);
    }
  }

  private void processMessage(int command, Buffer buffer) throws IOException {
    switch (command) {
      case SshConstants.SSH_MSG_GLOBAL_REQUEST -> globals.received(buffer, role);
      case SshConstants.SSH_MSG_REQUEST_SUCCESS -> globals.answered(true, buffer);
      case SshConstants.SSH_MSG_REQUEST_FAILURE -> globals.answered(false, buffer);
      case SshConstants.SSH_MSG_CHANNEL_OPEN -> openRequested(buffer);
      default -> messages.process(command, buffer);
    }
  }

  private void openRequested(Buffer buffer) throws IOException {
    String type = buffer.getString();
    int peerId = buffer.getInt();
    if (!streams.acquire()) {
      String why = role.full(!streams.isFull());
      sendRefusal(peerId, SshConstants.SSH_OPEN_RESOURCE_SHORTAGE, why);
      return;
    }
    streams.asked();
    role.open(new StreamOpen(this, type, peerId, buffer.getUInt(), buffer.getUInt(), buffer));
  }

  static SshException violation(String what) {
    return new SshException(SshConstants.SSH2_DISCONNECT_PROTOCOL_ERROR, what);
  }

  /** The global requests of this connection. */
  public GlobalRequests globals() {
    return globals;
  }

  void writeGlobal(Buffer packet) {
    out.onLoop(() -> out.write(packet));
  }

  Buffer packet(byte command, int length) {
    return session.createBuffer(command, length);
  }
}
