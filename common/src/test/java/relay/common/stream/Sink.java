package relay.common.stream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;

/** Keeps what comes, and how it ended. */
final class Sink extends ChannelInboundHandlerAdapter {
  final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  final CompletableFuture<Void> done = new CompletableFuture<>();
  volatile boolean whole;

  static Sink on(StreamOpen open, EventLoop on) {
    try {
      return of(open.accept(on));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** On the stream's own loop, since handlers that come from elsewhere come late. */
  static Sink of(SshStreamChannel stream) {
    Sink sink = new Sink();
    stream
        .eventLoop()
        .execute(() -> {
          stream.pipeline().addLast(sink);
          if (stream.isOpen()) {
            stream.read();
          } else {
            sink.done.complete(null);
          }
        });
    return sink;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
    ByteBuf buffer = (ByteBuf) message;
    buffer.readBytes(bytes, buffer.readableBytes());
    buffer.release();
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    ctx.read();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    whole = true;
    done.complete(null);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    done.complete(null);
  }
}
