package relay.common.stream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.socket.SocketChannelConfig;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries bytes between two channels until both directions have ended. Each direction reads again
 * only after what it read was written, so at most one read's worth is held. An end of input becomes
 * an end of output; a channel that closes without one was cut, and the other is then reset, so that
 * the cut shows.
 */
public final class Splice {

  private static final Logger LOG = LoggerFactory.getLogger(Splice.class);

  private Splice() {}

  /**
   * Takes over two active channels on the same event loop, both with auto-read off; called on it.
   * Adds its handlers at the ends of both pipelines and starts to read.
   */
  public static void join(Channel downstream, Channel upstream) {
    Direction up = new Direction(upstream);
    Direction down = new Direction(downstream);
    up.back = down;
    down.back = up;
    downstream.pipeline().addLast(up);
    upstream.pipeline().addLast(down);
    downstream.read();
    upstream.read();
  }

  /** Stands in the pipeline of the channel that it reads from. */
  private static final class Direction extends ChannelInboundHandlerAdapter {

    private final Channel to;
    private Direction back;
    private boolean ended;

    Direction(Channel to) {
      this.to = to;
      this.back = this;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      if (message instanceof ByteBuf && !ended) {
        to.write(message, to.voidPromise());
      } else {
        ReferenceCountUtil.release(message);
      }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      if (ended) {
        return;
      }
      ChannelFuture written = to.writeAndFlush(Unpooled.EMPTY_BUFFER);
      if (written.isSuccess()) {
        ctx.read();
      } else {
        written.addListener(done -> {
          if (done.isSuccess()) {
            ctx.read();
          } else {
            ctx.close();
          }
        });
      }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event instanceof ChannelInputShutdownEvent && !ended) {
        end(ctx.channel());
      }
    }

    private void end(Channel from) {
      ended = true;
      ChannelFuture written = to.writeAndFlush(Unpooled.EMPTY_BUFFER);
      if (back.ended || !(to instanceof DuplexChannel duplex)) {
        written.addListener(done -> {
          to.close();
          from.close();
        });
      } else {
        written.addListener(done -> duplex.shutdownOutput());
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      if (!ended) {
        ended = true;
        if (to.config() instanceof SocketChannelConfig config && to.isActive()) {
          config.setSoLinger(0);
        }
        to.close();
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      if (!(cause instanceof IOException)) {
        LOG.warn("splice {} to {} failed", ctx.channel(), to, cause);
      }
      ctx.close();
    }
  }
}
