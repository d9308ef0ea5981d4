package relay.server.edge.http;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.SocketChannelConfig;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import relay.common.endpoint.Hostname;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.common.http.AnswerEncoder;
import relay.common.http.RequestDecoder;
import relay.common.http.RequestHead;
import relay.common.stream.Splice;
import relay.common.stream.Transport;

/**
 * One visitor's connection: takes its requests one after the other, routes each by its Host, and
 * keeps the time. It always knows one {@link Exchange} at most; the decoder holds back what
 * follows.
 */
final class VisitorHandler extends ChannelInboundHandlerAdapter {

  /** Told to every connection when the edge goes down. */
  enum Order {
    /** End after the request in flight. */
    LEAVE
  }

  private static final Logger LOG = LoggerFactory.getLogger(VisitorHandler.class);

  private enum Phase {
    /** Nothing of a request is there. */
    IDLE,
    /** A part of a request's head is there. */
    HEAD,
    /** A request is being answered, by an exchange or with a page. */
    BUSY,
    /** Our last word was said; what still comes is dropped. */
    LEAVING
  }

  private final Peer peer;
  private final Gate gate;
  private final Site site;
  private final HttpLimits limits;
  private final RequestDecoder decoder;
  private final AnswerEncoder encoder;

  private UpstreamPool pool;
  private Deadline deadline;
  private @Nullable ChannelHandlerContext ctx;
  private @Nullable Exchange exchange;
  private Phase phase = Phase.IDLE;
  private boolean inputEnded;
  private boolean leaving;
  private boolean fresh = true;

  private VisitorHandler(
      Peer peer,
      @Nullable Hostname serverName,
      Site site,
      EventLoop loop,
      RequestDecoder decoder,
      AnswerEncoder encoder) {
    this.peer = peer;
    this.gate = new Gate(peer, serverName, site);
    this.site = site;
    this.limits = site.limits();
    this.pool = site.pools().apply(loop);
    this.deadline = new Deadline(loop, this::late);
    this.decoder = decoder;
    this.encoder = encoder;
  }

  /**
   * Makes a visitor's connection of a channel with auto-read off; on its loop.
   *
   * @param serverName whom the visitor asked TLS for: requests for others are not answered; null
   *     where there is no TLS, or no name in it
   */
  static void install(Channel channel, Peer peer, @Nullable Hostname serverName, Site site) {
    RequestDecoder decoder = new RequestDecoder(site.limits().heads());
    AnswerEncoder encoder = new AnswerEncoder();
    EventLoop loop = channel.eventLoop();
    channel
        .pipeline()
        .addLast(
            decoder, encoder, new VisitorHandler(peer, serverName, site, loop, decoder, encoder));
  }

  // What an exchange asks of its visitor.

  Site site() {
    return site;
  }

  /** The idle upstream connections of its event loop. */
  UpstreamPool pool() {
    return pool;
  }

  /** How long the connection may go on like this. */
  Deadline deadline() {
    return deadline;
  }

  /** The public address that the visitor connected to; null where there is none. */
  @Nullable InetSocketAddress destination() {
    return peer.destination();
  }

  /** Octets of the answer that wait for the visitor to take them. */
  long unsent() {
    ChannelOutboundBuffer waiting = context().channel().unsafe().outboundBuffer();
    return waiting == null ? 0 : waiting.totalPendingWriteBytes() - waiting.currentProgress();
  }

  /** The edge is going down, or the visitor will not ask again. */
  boolean isLeaving() {
    return leaving;
  }

  long nanoTime() {
    return pool.loop().ticker().nanoTime();
  }

  void write(Object message) {
    context().write(message, context().voidPromise());
  }

  /** Completes when all that was written has left. */
  ChannelFuture flush() {
    return Flush.of(context().channel());
  }

  void readsFast() {
    Transport.carryFast(context().channel());
  }

  /** Fires what is there of the request's body. */
  void resume() {
    decoder.resume();
    settle();
  }

  /** More of the body is wanted. */
  void readBody() {
    if (!inputEnded) {
      context().read();
    } else if (exchange != null) {
      exchange.abandon(); // the upload was cut: the service must not take a part for the whole
      cut(false);
    }
  }

  /** Nothing more is wanted now, but a visitor who goes away should be noticed. */
  void watch() {
    if (!inputEnded && !decoder.holdsInput()) {
      context().read();
    }
  }

  /** The answer is complete and written. */
  void finished(boolean keepAlive) {
    exchange = null;
    if (keepAlive && !leaving) {
      next();
    } else {
      leave();
    }
  }

  /** Answers with a page of ours, where no part of another answer went out. */
  void refuse(Refusal why, @Nullable RequestHead head, boolean keepAlive) {
    exchange = null;
    phase = Phase.BUSY;
    boolean keep = keepAlive && !leaving;
    boolean toHead = head != null && head.method().equals(HttpMethod.HEAD);
    String accept = head == null ? null : head.headers().get(HttpHeaderNames.ACCEPT);
    encoder.expect(toHead);
    answer(RefusalPage.of(why, accept, keep, head != null && head.isHttp10()), keep);
  }

  /** Gives a whole answer of ours. */
  private void answer(FullHttpResponse answer, boolean keep) {
    deadline.in(limits.send().toNanos());
    context()
        .writeAndFlush(answer)
        .addListener(written -> {
          if (!written.isSuccess()) {
            context().close();
          } else if (keep) {
            next();
          } else {
            leave();
          }
        });
  }

  /** Ends the connection so that nobody takes what came for a whole message. */
  void cut(boolean endedByClose) {
    exchange = null;
    phase = Phase.LEAVING;
    Channel channel = context().channel();
    if (endedByClose && channel.config() instanceof SocketChannelConfig config) {
      config.setSoLinger(0); // nothing else tells this cut from an end
    }
    channel.flush(); // what came whole before the cut is the visitor's
    Splice.drop(channel);
  }

  /** A 101 went out: from here on it is bytes. */
  void splice(UpstreamHandler upstream) {
    exchange = null;
    Channel channel = context().channel();
    Channel stream = upstream.channel();
    channel.pipeline().remove(this);
    channel.pipeline().remove(encoder);
    upstream.release(() -> Splice.join(channel, stream));
    channel.pipeline().remove(decoder);
    site.spliced().accept(channel);
    if (inputEnded) {
      channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
    }
  }

  // What the connection tells.

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    this.ctx = ctx;
    if (ctx.channel().isActive()) {
      begin();
    }
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    begin();
  }

  private void begin() {
    deadline.in(limits.head().toNanos());
    context().read();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (message instanceof RequestHead head) {
      phase = Phase.BUSY;
      take(head);
    } else if (message instanceof HttpContent content) {
      if (exchange != null) {
        exchange.requestContent(content);
      } else {
        content.release();
      }
    } else if (message instanceof Refusal refusal) {
      if (exchange == null) {
        refuse(refusal, null, false);
      } else {
        exchange.requestBroken(refusal);
      }
    } else {
      ReferenceCountUtil.release(message);
    }
  }

  private void take(RequestHead head) {
    encoder.expect(head.method().equals(HttpMethod.HEAD));
    Gate.Verdict verdict = gate.judge(head, context().channel());
    if (verdict instanceof Gate.Verdict.Visit visit) {
      visit(head, visit);
    } else if (verdict instanceof Gate.Verdict.Redirect to) {
      boolean keep = Gate.mayGoOn(head) && !leaving;
      answer(HttpsRedirect.of(head, to.host(), to.port(), keep), keep);
    } else if (verdict instanceof Gate.Verdict.Refused refused) {
      refuse(refused.why(), head, refused.mayGoOn());
    }
  }

  private void visit(RequestHead head, Gate.Verdict.Visit visit) {
    exchange = new Exchange(this, head, visit.forwarded(), visit.tunnel());
    EventLoop owners = visit.tunnel().eventLoop();
    if (moves(owners, head)) {
      deadline.cancel();
      context().channel().eventLoop().execute(() -> moveTo(owners)); // not while it is decoded
    } else {
      exchange.start();
    }
  }

  /** Once, and not for one request: a move costs more than that is worth. */
  private boolean moves(EventLoop owners, RequestHead head) {
    return fresh
        && !owners.inEventLoop()
        && HttpUtil.isKeepAlive(head)
        && context().channel() instanceof SocketChannel;
  }

  /**
   * A connection goes to the owner's event loop with its first request, and stays there: so no
   * octet of that tunnel is handed from one thread to another. Until it has arrived nothing is
   * read.
   */
  private void moveTo(EventLoop owners) {
    Channel channel = context().channel();
    Transport.move(channel, owners)
        .addListener(moved -> {
          if (moved.isSuccess()) {
            arrived(owners);
          } else {
            channel.close(); // as a rule it is
          }
        });
  }

  private void arrived(EventLoop loop) {
    pool = site.pools().apply(loop);
    deadline = new Deadline(loop, this::late);
    if (exchange != null) {
      exchange.start();
      settle();
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    settle();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event == Order.LEAVE) {
      leaving = true;
      if (phase == Phase.IDLE) {
        leave();
      }
    } else if (event instanceof ChannelInputShutdownEvent && !inputEnded) {
      inputEnded = true;
      if (phase != Phase.BUSY) {
        ctx.close();
      } else if (exchange != null && exchange.isReadingBody()) {
        readBody();
      }
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    if (exchange != null) {
      exchange.abandon();
      exchange = null;
    }
    deadline.cancel();
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    deadline.cancel();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (!(cause instanceof IOException)) {
      LOG.warn("visitor {} failed", peer.address(), cause);
    }
    ctx.close();
  }

  // From one request to the next.

  private void next() {
    if (leaving) {
      leave();
      return;
    }
    phase = Phase.IDLE;
    fresh = false;
    deadline.in(limits.keepAlive().toNanos());
    boolean nested = decoder.isDecoding();
    decoder.resume();
    if (!nested) { // else whoever decodes settles at its end
      settle();
    }
  }

  /** The decoder fired all that it could: writes leave now, and more is read where it is wanted. */
  private void settle() {
    if (exchange != null) {
      exchange.requestBatch();
      return;
    }
    if (phase == Phase.IDLE && decoder.isWithinHead()) {
      phase = Phase.HEAD;
      if (!fresh) {
        deadline.in(limits.head().toNanos());
      }
    }
    if (phase != Phase.BUSY) {
      if (!inputEnded) {
        context().read();
      } else if (phase != Phase.LEAVING) {
        leave();
      }
    }
  }

  /**
   * Closes so that our last answer arrives: the output ends, and what the visitor still sends is
   * read for a while; octets that nobody reads would turn the close into a reset, and the reset
   * would take the answer with it.
   */
  private void leave() {
    phase = Phase.LEAVING;
    leaving = true;
    Channel channel = context().channel();
    if (inputEnded || !(channel instanceof DuplexChannel)) {
      context().writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
      return;
    }
    Splice.shutdownOutput(channel);
    decoder.discard();
    deadline.in(limits.linger().toNanos());
    context().read();
  }

  // Time.

  private void late() {
    switch (phase) {
      case BUSY -> {
        if (exchange != null) {
          exchange.late();
        } else {
          context().close(); // nobody takes our own answer
        }
      }
      case HEAD -> {
        decoder.discard();
        String message =
            "the request's head was not there within " + limits.head().toSeconds() + " s";
        refuse(new Refusal(RefusalCode.H408_HEADERS_LATE, message), null, false);
      }
      case IDLE, LEAVING -> context().close();
    }
  }

  private ChannelHandlerContext context() {
    if (ctx == null) {
      throw new IllegalStateException("not in a pipeline yet");
    }
    return ctx;
  }
}
