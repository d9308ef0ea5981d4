package relay.server.edge.tls;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.ssl.SniHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Hostname;
import relay.common.endpoint.RefusalCode;
import relay.common.stream.Splice;
import relay.server.tunnel.UpstreamException;

/**
 * Reads the ClientHello and picks the certificate by its server name; then {@link SslHandler} takes
 * its place, or, where TLS is not ended here, a {@link Splice}: the hello goes on as it came. One
 * limit of time holds for the hello and for the rest of the handshake together.
 */
final class ServerNameHandler extends SniHandler {

  /** Those of browsers, with post-quantum keys, have 2 KiB; the JDK takes no more than 32 KiB. */
  static final int MAX_HELLO = 64 << 10;

  /**
   * What may come in all until the hello is whole: record headers count, which Netty leaves out.
   */
  private static final int MAX_RECEIVED = MAX_HELLO + (1 << 10);

  /** The alert records (RFC 8446 §6) that say no: fatal, and why. */
  private static final byte[] UNRECOGNIZED_NAME = {21, 3, 3, 0, 2, 2, 112};

  private static final byte[] INTERNAL_ERROR = {21, 3, 3, 0, 2, 2, 80};

  private final Certificates certificates;
  private final @Nullable Undecrypted undecrypted;
  private final ChannelHandler decrypted;
  private @Nullable Channel far;
  private final long limitNanos;
  private @Nullable ChannelHandlerContext ctx;
  private long startedAt;

  /**
   * @param undecrypted who is asked first; null for nobody
   * @param decrypted the handler behind, for what is decrypted
   */
  ServerNameHandler(
      Certificates certificates,
      Duration limit,
      @Nullable Undecrypted undecrypted,
      ChannelHandler decrypted) {
    super(
        (@Nullable String name) -> certificates.pick(hostname(name)), MAX_HELLO, limit.toMillis());
    limitNanos = limit.toNanos();
    this.certificates = certificates;
    this.undecrypted = undecrypted;
    this.decrypted = decrypted;
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
  protected Future<SslContext> lookup(ChannelHandlerContext ctx, @Nullable String name)
      throws Exception {
    Hostname host = hostname(name);
    Future<Channel> opening =
        undecrypted == null || host == null ? null : undecrypted.open(host, ctx.channel());
    if (host == null || opening == null) {
      return super.lookup(ctx, name);
    }
    Promise<SslContext> looked = ctx.executor().newPromise();
    ctx.channel().closeFuture().addListener(closed -> opening.cancel(false));
    opening.addListener((Future<Channel> opened) -> {
      if (!opened.isSuccess()) {
        refuse(ctx, host, opened.cause());
        looked.setFailure(opened.cause());
      } else if (ctx.isRemoved() || !ctx.channel().isActive()) {
        opened.getNow().close();
        looked.setFailure(new ClosedChannelException());
      } else {
        far = opened.getNow();
        looked.setSuccess(certificates.pick(host)); // of no use: replaceHandler passes on
      }
    });
    return looked;
  }

  private void refuse(ChannelHandlerContext ctx, Hostname host, Throwable cause) {
    if (undecrypted == null || !ctx.channel().isActive()) {
      return;
    }
    undecrypted.refused(host, cause);
    boolean isAway =
        cause instanceof UpstreamException e && e.refusal().code() == RefusalCode.H503_OFFLINE;
    ctx.writeAndFlush(Unpooled.wrappedBuffer(isAway ? UNRECOGNIZED_NAME : INTERNAL_ERROR))
        .addListener(ChannelFutureListener.CLOSE);
  }

  @Override
  protected void replaceHandler(
      ChannelHandlerContext ctx, @Nullable String name, SslContext context) throws Exception {
    Channel stream = far;
    if (stream == null || undecrypted == null) {
      super.replaceHandler(ctx, name, context);
      return;
    }
    Channel visitor = ctx.channel();
    visitor.pipeline().remove(decrypted);
    Splice.join(visitor, stream);
    visitor.pipeline().remove(this); // which passes on what came so far
    undecrypted.passed(visitor);
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
