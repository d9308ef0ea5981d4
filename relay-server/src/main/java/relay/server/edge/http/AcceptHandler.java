package relay.server.edge.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stands on a listener: where accepting fails (as with "too many open files") it pauses for a
 * second, for descriptors to come free, and nothing else stops.
 */
final class AcceptHandler extends ChannelInboundHandlerAdapter {

  private static final Logger LOG = LoggerFactory.getLogger(AcceptHandler.class);

  private boolean paused;

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (paused) {
      return;
    }
    paused = true;
    LOG.warn("{}: accepting failed, pausing for 1 s: {}", ctx.channel(), cause.toString());
    ctx.channel().config().setAutoRead(false);
    ctx.executor()
        .schedule(
            () -> {
              paused = false;
              if (ctx.channel().isOpen()) {
                ctx.channel().config().setAutoRead(true);
              }
            },
            1,
            TimeUnit.SECONDS);
  }
}
