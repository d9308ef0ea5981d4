package relay.server.admin;

import static io.netty.handler.codec.http.HttpResponseStatus.BAD_REQUEST;
import static io.netty.handler.codec.http.HttpResponseStatus.METHOD_NOT_ALLOWED;
import static io.netty.handler.codec.http.HttpResponseStatus.NOT_FOUND;
import static io.netty.handler.codec.http.HttpResponseStatus.OK;
import static io.netty.handler.codec.http.HttpResponseStatus.SERVICE_UNAVAILABLE;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers the first request of a connection and closes it; a body is not waited for. */
final class AdminHandler extends SimpleChannelInboundHandler<HttpObject> {

  private static final Logger log = LoggerFactory.getLogger(AdminHandler.class);

  private final BooleanSupplier ready;
  private boolean answered;

  AdminHandler(BooleanSupplier ready) {
    this.ready = ready;
  }

  @Override
  protected void channelRead0(ChannelHandlerContext ctx, HttpObject message) {
    if (answered || !(message instanceof HttpRequest request)) {
      return;
    }
    answered = true;
    HttpResponseStatus status = status(request);
    boolean head = HttpMethod.HEAD.equals(request.method());
    String text = text(status);
    ByteBuf body = head ? ctx.alloc().buffer(0) : ByteBufUtil.writeUtf8(ctx.alloc(), text);
    FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, body);
    response
        .headers()
        .set(HttpHeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8")
        .set(HttpHeaderNames.CONTENT_LENGTH, text.getBytes(StandardCharsets.UTF_8).length)
        .set(HttpHeaderNames.CACHE_CONTROL, HttpHeaderValues.NO_STORE)
        .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    if (status.equals(METHOD_NOT_ALLOWED)) {
      response.headers().set(HttpHeaderNames.ALLOW, "GET, HEAD");
    }
    ctx.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
  }

  private HttpResponseStatus status(HttpRequest request) {
    if (request.decoderResult().isFailure()) {
      return BAD_REQUEST;
    }
    String target = request.uri();
    int query = target.indexOf('?');
    boolean known =
        switch (query < 0 ? target : target.substring(0, query)) {
          case "/healthz", "/readyz" -> true;
          default -> false;
        };
    if (!known) {
      return NOT_FOUND;
    }
    if (!HttpMethod.GET.equals(request.method()) && !HttpMethod.HEAD.equals(request.method())) {
      return METHOD_NOT_ALLOWED;
    }
    return target.startsWith("/healthz") || ready.getAsBoolean() ? OK : SERVICE_UNAVAILABLE;
  }

  private static String text(HttpResponseStatus status) {
    if (status.equals(OK)) {
      return "ok\n";
    }
    return status.equals(SERVICE_UNAVAILABLE)
        ? "not ready: starting or stopping\n"
        : status.reasonPhrase() + "\n";
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    log.debug("admin connection of {} closed", ctx.channel().remoteAddress(), cause);
    ctx.close();
  }
}
