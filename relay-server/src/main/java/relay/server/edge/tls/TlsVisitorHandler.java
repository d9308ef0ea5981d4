package relay.server.edge.tls;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SniCompletionEvent;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import relay.common.endpoint.Hostname;
import relay.common.stream.Splice;

/**
 * Stands behind TLS: hands the connection over when its handshake is done, and from then on tells
 * the end of the visitor's input as a TCP connection does.
 *
 * <p>A close_notify is that end. In TLS 1.3 our side may go on (RFC 8446 §6.1); TLS 1.2 wants the
 * connection closed at once (RFC 5246 §7.2.1). A FIN without it may be anybody's: the visitor was
 * cut off.
 */
final class TlsVisitorHandler extends ChannelInboundHandlerAdapter {

  private static final Logger LOG = LoggerFactory.getLogger(TlsVisitorHandler.class);

  private final TlsTermination.Decrypted next;
  private @Nullable Hostname serverName;
  private boolean handshakeDone;
  private boolean inputEnded;

  TlsVisitorHandler(TlsTermination.Decrypted next) {
    this.next = next;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    if (ctx.channel().isActive()) {
      ctx.read(); // from here on the handshake reads by itself
    }
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    ctx.read();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof SniCompletionEvent hello) {
      serverName = ServerNameHandler.hostname(hello.hostname());
    } else if (event instanceof SslHandshakeCompletionEvent handshake) {
      if (handshake.isSuccess() && !handshakeDone) {
        handshakeDone = true;
        next.ready(serverName);
      } // else SslHandler closes
    } else if (event instanceof SslCloseCompletionEvent closed) {
      if (closed.isSuccess() && !inputEnded) {
        inputEnded = true;
        closeNotified(ctx);
      }
    } else if (event instanceof ChannelInputShutdownEvent && !handshakeDone) {
      ctx.close();
    } else if (event instanceof ChannelInputShutdownEvent && !inputEnded) {
      Splice.reset(ctx.channel());
    } else {
      ctx.fireUserEventTriggered(event);
    }
  }

  private void closeNotified(ChannelHandlerContext ctx) {
    ctx.fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
    SslHandler tls = ctx.pipeline().get(SslHandler.class);
    if (tls == null || !tls.engine().getSession().getProtocol().equals("TLSv1.3")) {
      ctx.close();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    boolean ofTls = cause instanceof DecoderException && cause.getCause() instanceof SSLException;
    if (handshakeDone && !ofTls) {
      ctx.fireExceptionCaught(cause);
      return;
    }
    LOG.debug("{}: TLS failed: {}", ctx.channel(), cause.toString());
    ctx.close();
  }
}
