package relay.common.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.AsciiString;
import io.netty.util.ReferenceCountUtil;
import java.util.List;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Refusal;

/**
 * Decodes requests, one at a time: after a head, and again after the end of its body, it stops
 * until {@link #resume}. So neither a pipelined request nor what follows an upgrade is interpreted
 * before its turn, and what waits is octets in one buffer.
 *
 * <p>Fires a {@link RequestHead} that passed the {@link FramingGuard}, then its {@link
 * HttpContent}s up to a {@link LastHttpContent}; or one {@link Refusal}, after which all input is
 * discarded. It never reads from the channel by itself. An end of input completes no request: the
 * event is passed on, and the octets received before it stay.
 */
public final class RequestDecoder extends HttpRequestDecoder {

  /** The method, the version and the spaces between; the target has its own limit. */
  private static final int REST_OF_LINE = 128;

  private static final int MAX_PIECE = 64 * 1024;

  private final HeadLimits limits;
  private final HeadScan scan = new HeadScan();
  private final ChunkScan chunks = new ChunkScan();
  private final OneLength lengths = new OneLength();
  private @Nullable ChannelHandlerContext ctx;
  private boolean inBody;
  private boolean inChunks;
  private boolean stopped;
  private boolean discarding;
  private boolean decoding;
  private boolean again;

  public RequestDecoder(HeadLimits limits) {
    super(
        new HttpDecoderConfig()
            .setMaxInitialLineLength(limits.target() + REST_OF_LINE)
            .setMaxHeaderSize(limits.octets())
            .setMaxChunkSize(MAX_PIECE)
            .setInitialBufferSize(256)
            .setStrictLineParsing(true)
            .setAllowDuplicateContentLengths(false)
            .setUseRfc9112TransferEncoding(true));
    this.limits = limits;
  }

  /** Goes on with the body, or with the next request; what there is of it is fired at once. */
  public void resume() {
    stopped = false;
    if (decoding) {
      again = true;
    } else if (holdsInput() && ctx != null && !ctx.isRemoved()) {
      pump(ctx, Unpooled.EMPTY_BUFFER);
    }
  }

  /** Drops all that was received and will be. */
  public void discard() {
    discarding = true;
    resume();
  }

  /** Whether this is called from within what the decoder fires; {@link #resume} then waits. */
  public boolean isDecoding() {
    return decoding;
  }

  /** Whether octets wait that were not decoded yet. */
  public boolean holdsInput() {
    return actualReadableBytes() > 0;
  }

  /** Whether a request's first octets are there, but not its whole head. */
  public boolean isWithinHead() {
    return !stopped && !inBody && scan.isWithin();
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    this.ctx = ctx;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
    if (message instanceof ByteBuf input) {
      pump(ctx, input);
    } else {
      ctx.fireChannelRead(message);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    discardSomeReadBytes();
    ctx.fireChannelReadComplete();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
    if (event instanceof ChannelInputShutdownEvent) {
      ctx.fireUserEventTriggered(event);
    } else {
      super.userEventTriggered(ctx, event);
    }
  }

  private void pump(ChannelHandlerContext ctx, ByteBuf input) {
    boolean outermost = !decoding;
    decoding = true;
    try {
      super.channelRead(ctx, input);
      while (outermost && again) {
        again = false;
        if (holdsInput() && !ctx.isRemoved()) {
          super.channelRead(ctx, Unpooled.EMPTY_BUFFER);
        }
      }
    } catch (Exception e) {
      ctx.fireExceptionCaught(e);
    } finally {
      decoding = !outermost;
    }
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf input, List<Object> out)
      throws Exception {
    if (discarding) {
      input.skipBytes(input.readableBytes());
      return;
    }
    if (stopped) {
      return;
    }
    String fault = inBody ? inChunks ? chunks.scan(input) : null : scan.scan(input);
    if (fault != null) {
      refuse(input, out, FramingGuard.bad(fault));
      return;
    }
    int before = input.readableBytes();
    super.decode(ctx, input, out);
    if (!inBody) {
      scan.consumed(before - input.readableBytes());
    } else if (inChunks) {
      chunks.consumed(before - input.readableBytes());
    }
    for (int i = 0; i < out.size(); i++) {
      Refusal refusal = judge(out.get(i));
      if (refusal != null) {
        out.forEach(ReferenceCountUtil::release);
        out.clear();
        refuse(input, out, refusal);
        return;
      }
    }
  }

  private @Nullable Refusal judge(Object message) {
    if (message instanceof RequestHead head) {
      stopped = true;
      inBody = true;
      Refusal refusal = FramingGuard.judge(head, limits);
      inChunks = head.length() == RequestHead.CHUNKED;
      chunks.reset();
      return refusal;
    }
    if (message instanceof HttpContent content && !content.decoderResult().isSuccess()) {
      return FramingGuard.unreadable(content.decoderResult().cause());
    }
    if (message instanceof LastHttpContent) {
      stopped = true;
      inBody = false;
      scan.reset();
      return null;
    }
    return message instanceof HttpMessage unreadable
        ? FramingGuard.unreadable(unreadable.decoderResult().cause())
        : null;
  }

  private void refuse(ByteBuf input, List<Object> out, Refusal refusal) {
    discarding = true;
    input.skipBytes(input.readableBytes());
    out.add(refusal);
  }

  /** The end of the connection completes no request; a part of one is dropped. */
  @Override
  protected void decodeLast(ChannelHandlerContext ctx, ByteBuf input, List<Object> out) {
    input.skipBytes(input.readableBytes());
  }

  @Override
  protected AsciiString splitHeaderName(byte[] line, int start, int length) {
    AsciiString name = super.splitHeaderName(line, start, length);
    return inBody ? name : lengths.next(name);
  }

  @Override
  protected HttpMessage createMessage(String[] line) {
    lengths.reset();
    HttpVersion version =
        switch (line[2]) {
          case "HTTP/1.1" -> HttpVersion.HTTP_1_1;
          case "HTTP/1.0" -> HttpVersion.HTTP_1_0;
          default ->
              throw new IllegalArgumentException("a version other than HTTP/1.1 and HTTP/1.0");
        };
    return new RequestHead(version, HttpMethod.valueOf(line[0]), line[1], headersFactory);
  }

  @Override
  protected boolean isContentAlwaysEmpty(HttpMessage message) {
    return false;
  }
}
