package relay.common.stream;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.sshd.common.io.IoHandler;
import org.apache.sshd.common.kex.KexState;
import org.apache.sshd.common.session.helpers.AbstractSession;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;
import relay.common.ssh.NettyIoSession;

/**
 * Two ends of one SSH session over a loopback socket, each on an event loop of its own: {@link
 * SshConnection} on the left, and on the right another one or a peer that sends what the test says.
 */
final class TwoSides implements AutoCloseable {

  static final StreamLimits LIMITS =
      new StreamLimits(256 * 1024, new WindowBudget(0), 100, Duration.ofSeconds(10));

  /** A message that the raw peer got. */
  record Message(int command, Buffer body) {}

  final EventLoopGroup loops = Transport.best().group("two-sides", 3);
  final TestRole leftRole = new TestRole();
  final TestRole rightRole = new TestRole();
  final CompletableFuture<SshConnection> left = new CompletableFuture<>();
  final CompletableFuture<SshConnection> right = new CompletableFuture<>();
  final BlockingQueue<Message> received = new LinkedBlockingQueue<>();
  private final CompletableFuture<AbstractSession> leftSession = new CompletableFuture<>();
  private final CompletableFuture<AbstractSession> rightSession = new CompletableFuture<>();
  private final Channel listener;
  private final Channel rightChannel;

  private TwoSides(StreamLimits limits, boolean raw) throws Exception {
    listener =
        new ServerBootstrap()
            .group(loops)
            .channel(Transport.best().serverChannel())
            .childHandler(
                attach(
                    TestSessions.server(
                        loops,
                        session -> connect(session, limits, leftRole, leftSession, left)::process),
                    false))
            .bind("127.0.0.1", 0)
            .sync()
            .channel();
    rightChannel =
        new Bootstrap()
            .group(loops)
            .channel(Transport.best().socketChannel())
            .handler(
                attach(
                    TestSessions.client(
                        loops,
                        raw
                            ? this::record
                            : session ->
                                connect(session, LIMITS, rightRole, rightSession, right)::process),
                    true))
            .connect(listener.localAddress())
            .sync()
            .channel();
    left.get(10, TimeUnit.SECONDS);
    rightSession.get(10, TimeUnit.SECONDS);
  }

  static TwoSides connections() throws Exception {
    return connections(LIMITS);
  }

  static TwoSides connections(StreamLimits leftLimits) throws Exception {
    return new TwoSides(leftLimits, false);
  }

  static TwoSides rawPeer() throws Exception {
    return rawPeer(LIMITS);
  }

  static TwoSides rawPeer(StreamLimits leftLimits) throws Exception {
    return new TwoSides(leftLimits, true);
  }

  /** A loop that is neither session's. */
  EventLoop thirdLoop() {
    EventLoop loop = loops.next();
    while (loop.equals(left().eventLoop()) || loop.equals(rightChannel.eventLoop())) {
      loop = loops.next();
    }
    return loop;
  }

  SshConnection left() {
    return left.join();
  }

  SshConnection right() {
    return right.join();
  }

  AbstractSession leftSession() {
    return leftSession.join();
  }

  AbstractSession rightSession() {
    return rightSession.join();
  }

  /** Runs on the event loop of the left session. */
  <T> T onLeft(Callable<T> action) throws Exception {
    return left().eventLoop().submit(action).get(10, TimeUnit.SECONDS);
  }

  <T> T onRight(Callable<T> action) throws Exception {
    return rightChannel.eventLoop().submit(action).get(10, TimeUnit.SECONDS);
  }

  /** The raw peer sends a message. */
  void send(int command, Consumer<Buffer> body) throws Exception {
    onRight(() -> {
      Buffer packet = rightSession().createBuffer((byte) command, 64);
      body.accept(packet);
      return rightSession().writePacket(packet);
    });
  }

  /**
   * The raw peer sends a message between its KEXINIT and its NEWKEYS (RFC 4253 §7.1 forbids it).
   */
  void sendAmidKeyExchange(int command, Consumer<Buffer> body) throws Exception {
    onRight(() -> {
      rightSession().reExchangeKeys();
      Buffer packet = rightSession().createBuffer((byte) command, 64);
      body.accept(packet);
      return TestSessions.writeNow(rightSession(), packet);
    });
  }

  Message next() throws InterruptedException {
    Message message = received.poll(10, TimeUnit.SECONDS);
    if (message == null) {
      throw new AssertionError("nothing came");
    }
    return message;
  }

  /** Cuts the socket, as a network does. */
  void cutSocket() throws Exception {
    onRight(() -> {
      Splice.reset(rightChannel);
      return null;
    });
  }

  static <T> T get(Future<T> future) throws Exception {
    return future.get(10, TimeUnit.SECONDS);
  }

  boolean isKeyExchangeDone() {
    return leftSession().getKexState() == KexState.DONE
        && rightSession().getKexState() == KexState.DONE;
  }

  @Override
  public void close() throws Exception {
    rightChannel.close().get(10, TimeUnit.SECONDS);
    leftRole.closed.get(10, TimeUnit.SECONDS);
    listener.close().get(10, TimeUnit.SECONDS);
    loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).get(10, TimeUnit.SECONDS);
  }

  /** What came from the other side, for the test to take. */
  static final class TestRole implements SshConnection.Role {
    final BlockingQueue<StreamOpen> opens = new LinkedBlockingQueue<>();
    final BlockingQueue<GlobalRequest> requests = new LinkedBlockingQueue<>();
    final CompletableFuture<Void> closed = new CompletableFuture<>();
    volatile Consumer<StreamOpen> onOpen = opens::add;
    volatile Consumer<GlobalRequest> onRequest = requests::add;

    @Override
    public void open(StreamOpen open) {
      onOpen.accept(open);
    }

    @Override
    public void request(GlobalRequest request) {
      onRequest.accept(request);
    }

    @Override
    public void closed() {
      closed.complete(null);
    }
  }

  private SshConnection connect(
      AbstractSession session,
      StreamLimits limits,
      TestRole role,
      CompletableFuture<AbstractSession> sessions,
      CompletableFuture<SshConnection> connections) {
    SshConnection connection =
        new SshConnection(session, TestSessions.keyExchange(session), limits, c -> role);
    connections.complete(connection);
    sessions.complete(session);
    return connection;
  }

  private TestSessions.Processor record(AbstractSession session) {
    rightSession.complete(session);
    return (command, buffer) ->
        received.add(new Message(command, new ByteArrayBuffer(buffer.getCompactData())));
  }

  private static ChannelInitializer<Channel> attach(IoHandler handler, boolean logIn) {
    return new ChannelInitializer<>() {
      @Override
      protected void initChannel(Channel channel) {
        channel
            .pipeline()
            .addLast(
                new ChannelInboundHandlerAdapter() {
                  @Override
                  public void channelActive(ChannelHandlerContext ctx) {
                    channel.pipeline().remove(this);
                    NettyIoSession transport = NettyIoSession.attach(channel, handler);
                    if (logIn) {
                      TestSessions.logIn(transport);
                    }
                  }
                });
      }
    };
  }
}
