package relay.server.edge.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import relay.common.http.AnswerDecoder;
import relay.common.http.RequestEncoder;
import relay.common.stream.FastReader;
import relay.server.tunnel.Tunnel;

/**
 * One HTTP/1.1 connection to a local service. It serves one exchange at a time; in between it is
 * read from, so that its end, or an octet that nobody asked for, takes it out of the pool.
 */
final class UpstreamHandler extends ChannelInboundHandlerAdapter {

  private static final Logger LOG = LoggerFactory.getLogger(UpstreamHandler.class);

  /** When it became idle, by the loop's ticker; the pool's. */
  long idleSince;

  private final Tunnel tunnel;
  private final UpstreamPool pool;
  private final Channel channel;
  private final AnswerDecoder decoder = new AnswerDecoder();
  private final RequestEncoder encoder = new RequestEncoder();
  private @Nullable Exchange exchange;
  private boolean inputEnded;

  private UpstreamHandler(Tunnel tunnel, UpstreamPool pool, Channel channel) {
    this.tunnel = tunnel;
    this.pool = pool;
    this.channel = channel;
  }

  /** Makes an HTTP connection of a stream with an empty pipeline. */
  static UpstreamHandler install(Tunnel tunnel, UpstreamPool pool, Channel channel) {
    UpstreamHandler upstream = new UpstreamHandler(tunnel, pool, channel);
    channel.pipeline().addLast(upstream.decoder, upstream.encoder, upstream);
    return upstream;
  }

  Tunnel tunnel() {
    return tunnel;
  }

  /** From now on what arrives is this exchange's. */
  void begin(Exchange exchange, boolean toHead) {
    this.exchange = exchange;
    decoder.expect(toHead);
  }

  /** Whether an octet of the answer came. */
  boolean hasAnswered() {
    return decoder.hasBegun();
  }

  void write(Object message) {
    channel.write(message, channel.voidPromise());
  }

  /** Completes when all that was written has left. */
  ChannelFuture flush() {
    return Flush.of(channel);
  }

  void read() {
    channel.read();
  }

  /**
   * Whether another request may follow: both directions ended cleanly, and nothing surplus came.
   */
  boolean isClean() {
    return channel.isActive() && !inputEnded && !decoder.hasSurplus();
  }

  /** Back to the pool. The read comes first: what it finds at once belongs to no request. */
  void rest() {
    exchange = null;
    channel.read();
    if (isClean()) {
      pool.give(this);
    }
  }

  /** Closes so that the exchange is told. */
  void fail() {
    channel.close();
  }

  void close() {
    exchange = null;
    channel.close();
  }

  /**
   * Leaves the raw channel to a splice: {@code join} runs when no codec encodes any more and before
   * the octets that the decoder still holds are fired.
   */
  void release(Runnable join) {
    exchange = null;
    channel.pipeline().remove(this);
    channel.pipeline().remove(encoder);
    join.run();
    channel.pipeline().remove(decoder);
    if (inputEnded) {
      channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
    }
  }

  Channel channel() {
    return channel;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    Exchange current = exchange;
    if (current == null) {
      ReferenceCountUtil.release(message);
    } else if (message instanceof HttpResponse head) {
      current.answerHead(head);
    } else if (message instanceof HttpContent content) {
      current.answerContent(content);
    } else {
      ReferenceCountUtil.release(message);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    if (exchange != null) {
      exchange.answerBatch();
    } else if (decoder.hasSurplus()) {
      LOG.debug("{}: octets that no request asked for; closing", tunnel);
      ctx.close();
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof ChannelInputShutdownEvent) {
      inputEnded = true;
      if (exchange == null) {
        pool.forget(this);
        ctx.close();
      } else {
        exchange.upstreamEnded();
      }
    } else if (event == FastReader.INSTANCE && exchange != null) {
      exchange.readsFast();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    pool.forget(this);
    if (exchange != null) {
      exchange.upstreamEnded();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (!(cause instanceof IOException)) {
      LOG.warn("{}: upstream connection failed", tunnel, cause);
    }
    ctx.close();
  }
}
