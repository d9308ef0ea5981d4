package relay.server.ssh;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.netty.util.concurrent.Promise;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.sshd.common.io.IoHandler;
import org.apache.sshd.common.session.helpers.AbstractSession;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.common.ssh.NettyIoSession;
import relay.common.stream.Binding;
import relay.common.stream.Transport;
import relay.server.auth.Admission;
import relay.server.auth.AuthThrottle;
import relay.server.auth.AuthThrottle.Decision;

/**
 * The public SSH side: accepts connections and starts a session on each. Netty's acceptor pauses
 * for a second when the process has no descriptor left.
 */
public final class SshListener {

  private static final int KEY_WATCH_SECONDS = 1;

  private final Transport transport;
  private final ServerBootstrap bootstrap;
  private final IoHandler sessions;
  private final AuthThrottle throttle;
  private final Duration loginGrace;
  private final ChannelGroup listeners = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private final Set<OwnerSession> owners = ConcurrentHashMap.newKeySet();

  /**
   * @param throttle whom it lets in
   * @param loginGrace how long a client may take to authenticate
   */
  public SshListener(
      Transport transport,
      EventLoopGroup workers,
      SshServices services,
      AuthThrottle throttle,
      Duration loginGrace) {
    this.transport = transport;
    this.sessions = services.sessions(owners, workers);
    this.throttle = throttle;
    this.loginGrace = loginGrace;
    workers.scheduleWithFixedDelay(
        services.keyWatch(owners), KEY_WATCH_SECONDS, KEY_WATCH_SECONDS, TimeUnit.SECONDS);
    this.bootstrap =
        new ServerBootstrap()
            .group(workers)
            .option(ChannelOption.SO_BACKLOG, 512)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(new Accepted());
  }

  /** Listens on all of the addresses, or on none. */
  public Future<List<InetSocketAddress>> bind(List<InetSocketAddress> addresses) {
    return Binding.bind(transport, bootstrap, addresses, listeners);
  }

  /** No more connections are taken; those that there are go on. */
  public Future<?> stopAccepting() {
    return listeners.close();
  }

  /** How many SSH connections there are, authenticated or not. */
  public int connectionCount() {
    return connections.size();
  }

  /** Ends every session, telling its user why; what is left after two seconds is closed at once. */
  public Future<?> close() {
    Refusal why = new Refusal(RefusalCode.SHUTTING_DOWN, "the relay is shutting down");
    owners.forEach(owner -> owner.end(why));
    Promise<Void> result = GlobalEventExecutor.INSTANCE.newPromise();
    var late =
        GlobalEventExecutor.INSTANCE.schedule(() -> connections.close(), 2, TimeUnit.SECONDS);
    listeners.close();
    connections
        .newCloseFuture()
        .addListener(closed -> {
          late.cancel(false);
          result.setSuccess(null);
        });
    return result;
  }

  /** How many streams there are in all sessions, closing ones and tombstones included. */
  public int streamCount() {
    return owners.stream().mapToInt(OwnerSession::streamCount).sum();
  }

  @Sharable
  private final class Accepted extends ChannelInboundHandlerAdapter {

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      Channel channel = ctx.channel();
      connections.add(channel);
      channel.pipeline().remove(this);
      if (!(channel.remoteAddress() instanceof InetSocketAddress remote)) {
        channel.close(); // it is gone already
        return;
      }
      Decision decision = throttle.admit(remote.getAddress(), why -> channel.close());
      if (decision instanceof Decision.Admitted admitted) {
        start(channel, admitted.admission());
      } else {
        refuse(channel, ((Decision.Refused) decision).why());
      }
    }

    private void start(Channel channel, Admission admission) {
      NettyIoSession transport = NettyIoSession.attach(channel, sessions);
      transport.setAttribute(Admission.KEY, admission);
      EventLoop loop = channel.eventLoop();
      var grace =
          loop.schedule(
              () -> expire(transport, admission), loginGrace.toNanos(), TimeUnit.NANOSECONDS);
      channel
          .closeFuture()
          .addListener(closed -> {
            grace.cancel(false);
            admission.closed();
          });
    }

    private void expire(NettyIoSession transport, Admission admission) {
      AbstractSession session = AbstractSession.getSession(transport, true);
      if (session == null || !session.isAuthenticated()) {
        admission.late();
        transport.close(true);
      }
    }

    /** A line before the version is allowed (RFC 4253 §4.2); {@code ssh -v} shows it. */
    private void refuse(Channel channel, Refusal why) {
      channel
          .writeAndFlush(Unpooled.copiedBuffer(why.line() + "\r\n", StandardCharsets.US_ASCII))
          .addListener(ChannelFutureListener.CLOSE);
    }
  }
}
