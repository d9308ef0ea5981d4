package relay.server.edge.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.ProtocolDetectionState;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import java.util.List;

/**
 * Looks whether a trusted proxy begins its connection with a PROXY protocol header, version 1 or 2,
 * and lets that be decoded; a connection without one goes on as it is.
 */
final class ProxyProtocolDetector extends ByteToMessageDecoder {

  private final Peer peer;

  ProxyProtocolDetector(Peer peer) {
    this.peer = peer;
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf input, List<Object> out) {
    ProtocolDetectionState state = HAProxyMessageDecoder.detectProtocol(input).state();
    if (state == ProtocolDetectionState.NEEDS_MORE_DATA) {
      return;
    }
    if (state == ProtocolDetectionState.DETECTED) {
      ctx.pipeline().addAfter(ctx.name(), null, new ProxyProtocolHandler(peer));
      ctx.pipeline().addAfter(ctx.name(), null, new HAProxyMessageDecoder(true));
    }
    ctx.pipeline().remove(this);
  }
}
