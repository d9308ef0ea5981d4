package relay.common.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.AsciiString;
import java.util.List;

/**
 * Decodes the answer to one request at a time, and stops at its end: what comes after is surplus
 * and becomes nobody's answer.
 *
 * <p>The one thing that ends an answer without length and chunks is the end of input, told by
 * {@link ChannelInputShutdownEvent}. A channel that goes inactive without it was cut, and completes
 * nothing. It never reads from the channel by itself.
 */
public final class AnswerDecoder extends HttpResponseDecoder {

  private static final int MAX_LINE = 8 * 1024;
  private static final int MAX_HEADERS = 64 * 1024;
  private static final int MAX_PIECE = 64 * 1024;

  private final FoldScan folds = new FoldScan();
  private final OneLength lengths = new OneLength();
  private boolean inLines;
  private boolean chunked;
  private boolean toHead;
  private boolean stopped = true;
  private boolean interim;
  private boolean begun;
  private boolean inputEnded;

  public AnswerDecoder() {
    super(
        new HttpDecoderConfig()
            .setMaxInitialLineLength(MAX_LINE)
            .setMaxHeaderSize(MAX_HEADERS)
            .setMaxChunkSize(MAX_PIECE)
            .setInitialBufferSize(256)
            // A bare LF ends a line here (RFC 9112 §2.2 allows it): everything is encoded anew.
            .setStrictLineParsing(false)
            .setAllowDuplicateContentLengths(false)
            .setUseRfc9112TransferEncoding(true));
  }

  /** A request was sent, and what comes next answers it. */
  public void expect(boolean toHead) {
    this.toHead = toHead;
    stopped = false;
    begun = false;
    inLines = true;
    folds.reset();
  }

  /** Whether an octet came since {@link #expect}. */
  public boolean hasBegun() {
    return begun;
  }

  /** Whether octets came that belong to no answer. */
  public boolean hasSurplus() {
    return stopped && actualReadableBytes() > 0;
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    discardSomeReadBytes();
    ctx.fireChannelReadComplete();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
    if (event instanceof ChannelInputShutdownEvent) {
      inputEnded = true;
      if (stopped) {
        ctx.fireUserEventTriggered(event); // the octets after a 101 stay for the splice
        return;
      }
    }
    super.userEventTriggered(ctx, event);
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf input, List<Object> out)
      throws Exception {
    if (stopped) {
      return;
    }
    begun = true;
    if (inLines && folds.isFolded(input)) {
      input.skipBytes(input.readableBytes());
      out.add(broken());
      stopped = true;
      return;
    }
    int start = input.readerIndex();
    super.decode(ctx, input, out);
    folds.consumed(input.readerIndex() - start);
    if (chunked && out.isEmpty() && isLastChunk(input, start)) {
      inLines = true;
      folds.resetToFields();
    }
    for (Object message : out) {
      if (message instanceof HttpResponse answer) {
        int status = answer.status().code();
        interim = status >= 100 && status < 200 && status != 101;
        chunked = HttpUtil.isTransferEncodingChunked(answer);
        inLines = false;
      }
      if (message instanceof LastHttpContent) {
        stopped = !interim;
        chunked = false;
        inLines = true;
        folds.reset();
      }
    }
  }

  /** Whether the octets taken from {@code start} on are the line of a chunk of size 0. */
  private static boolean isLastChunk(ByteBuf input, int start) {
    int i = start;
    while (i < input.readerIndex() && input.getByte(i) == '0') {
      i++;
    }
    return i > start && i < input.readerIndex() && Character.digit(input.getByte(i), 16) < 0;
  }

  private HttpObject broken() {
    HttpObject broken = chunked ? new DefaultLastHttpContent() : createInvalidMessage();
    broken.setDecoderResult(
        DecoderResult.failure(new IllegalArgumentException("a folded header line")));
    return broken;
  }

  @Override
  protected void decodeLast(ChannelHandlerContext ctx, ByteBuf input, List<Object> out)
      throws Exception {
    if (inputEnded && !stopped) {
      super.decodeLast(ctx, input, out);
    }
  }

  /**
   * Netty ends a name in an answer at the first space, whatever follows; only spaces before the
   * colon may (RFC 9112 §5.1), else {@code Content-Length x: 5} would become a length.
   */
  @Override
  protected AsciiString splitHeaderName(byte[] line, int start, int length) {
    int colon = start + length;
    while (colon < line.length && (line[colon] == ' ' || line[colon] == '\t')) {
      colon++;
    }
    if (colon == line.length || line[colon] != ':') {
      throw new IllegalArgumentException("a space in a header's name");
    }
    AsciiString name = super.splitHeaderName(line, start, length);
    return chunked ? name : lengths.next(name);
  }

  @Override
  protected HttpMessage createMessage(String[] line) {
    lengths.reset();
    return super.createMessage(line);
  }

  @Override
  protected boolean isContentAlwaysEmpty(HttpMessage message) {
    int status = ((HttpResponse) message).status().code();
    return status < 200 || status == 204 || status == 304 || toHead;
  }
}
