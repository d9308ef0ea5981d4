package relay.server.edge.tls;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.ssl.SniHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Hostname;

/**
 * Reads the ClientHello and picks the certificate by its server name; then {@link SslHandler} takes
 * its place. One limit of time holds for the hello and for the rest of the handshake together.
 */
final class ServerNameHandler extends SniHandler {

  /** Those of browsers, with post-quantum keys, have 2 KiB; the JDK takes no more than 32 KiB. */
  static final int MAX_HELLO = 64 << 10;

  /**
   * What may come in all until the hello is whole: record headers count, which Netty leaves out.
   */
  private static final int MAX_RECEIVED = MAX_HELLO + (1 << 10);

  private final long limitNanos;
  private @Nullable ChannelHandlerContext ctx;
  private long startedAt;

  ServerNameHandler(Certificates certificates, Duration limit) {
    super(
        (@Nullable String name) -> certificates.pick(hostname(name)), MAX_HELLO, limit.toMillis());
    limitNanos = limit.toNanos();
  }

  /** A name as it came in a hello; null for none, and for what is no hostname. */
  static @Nullable Hostname hostname(@Nullable String name) {
    return name == null ? null : Hostname.parse(name);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) throws Exception {
    this.ctx = ctx;
    startedAt = ctx.executor().ticker().nanoTime();
    super.handlerAdded(ctx);
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
    super.decode(ctx, in, out);
    if (!ctx.isRemoved() && in.readableBytes() > MAX_RECEIVED) {
      in.skipBytes(in.readableBytes());
      ctx.close();
      throw new TooLongFrameException("more than " + MAX_RECEIVED + " octets of a ClientHello");
    }
  }

  @Override
  protected SslHandler newSslHandler(SslContext context, ByteBufAllocator allocator) {
    SslHandler tls = super.newSslHandler(context, allocator);
    if (ctx != null) {
      long left = limitNanos - (ctx.executor().ticker().nanoTime() - startedAt);
      tls.setHandshakeTimeoutMillis(Math.max(1, TimeUnit.NANOSECONDS.toMillis(left)));
    }
    return tls;
  }
}
