package relay.server.edge.http;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.handler.ssl.SslHandler;

/** A flush that tells when all that was written before it has left. On the channel's event loop. */
final class Flush {

  private Flush() {}

  /** Most often it has when this returns; then no entry waits in the channel for it to be told. */
  static ChannelFuture of(Channel channel) {
    if (channel.pipeline().get(SslHandler.class) == null) { // which may hold something back itself
      channel.flush();
      ChannelOutboundBuffer waiting = channel.unsafe().outboundBuffer();
      if (waiting != null && waiting.isEmpty()) {
        return channel.newSucceededFuture();
      }
    }
    return channel.writeAndFlush(Unpooled.EMPTY_BUFFER);
  }
}
