package relay.server.ssh;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.sshd.common.io.IoHandler;
import org.apache.sshd.common.session.helpers.AbstractSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.common.ssh.NettyIoSession;

/**
 * The public SSH side: accepts connections and starts a session on each. Netty's acceptor pauses
 * for a second when the process has no descriptor left.
 */
public final class SshListener {

  private static final Logger LOG = LoggerFactory.getLogger(SshListener.class);

  private final ServerBootstrap bootstrap;
  private final IoHandler sessions;
  private final Duration loginGrace;
  private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private final Set<OwnerSession> owners = ConcurrentHashMap.newKeySet();

  /**
   * @param loginGrace how long a client may take to authenticate
   */
  public SshListener(
      EventLoopGroup loops,
      Class<? extends ServerChannel> channelType,
      SshServices services,
      Duration loginGrace) {
    this.sessions = services.sessions(owners);
    this.loginGrace = loginGrace;
    this.bootstrap =
        new ServerBootstrap()
            .group(loops)
            .channel(channelType)
            .option(ChannelOption.SO_BACKLOG, 512)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(new Accepted());
  }

  /** Binds one more address. */
  public Future<? extends Channel> bind(InetSocketAddress address) {
    var bound = bootstrap.bind(address);
    var result = bound.channel().eventLoop().<Channel>newPromise();
    bound.addListener(done -> {
      if (done.isSuccess()) {
        result.setSuccess(bound.channel());
      } else {
        result.setFailure(done.cause());
      }
    });
    return result;
  }

  /** How many SSH connections there are, authenticated or not. */
  public int connectionCount() {
    return connections.size();
  }

  /** Ends every session, telling its user why. */
  public void closeAll() {
    Refusal why = new Refusal(RefusalCode.SHUTTING_DOWN, "the relay is shutting down");
    owners.forEach(owner -> owner.end(why));
  }

  /** Every connection that is left is closed at once. */
  public Future<?> closeNow() {
    return connections.close();
  }

  @Sharable
  private final class Accepted extends ChannelInboundHandlerAdapter {

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      Channel channel = ctx.channel();
      connections.add(channel);
      channel.pipeline().remove(this);
      NettyIoSession transport = NettyIoSession.attach(channel, sessions);
      EventLoop loop = channel.eventLoop();
      var grace =
          loop.schedule(() -> expire(transport), loginGrace.toNanos(), TimeUnit.NANOSECONDS);
      channel.closeFuture().addListener(closed -> grace.cancel(false));
    }

    private void expire(NettyIoSession transport) {
      AbstractSession session = AbstractSession.getSession(transport, true);
      if (session == null || !session.isAuthenticated()) {
        LOG.info("{} did not authenticate in {} s", transport, loginGrace.toSeconds());
        transport.close(true);
      }
    }
  }
}
