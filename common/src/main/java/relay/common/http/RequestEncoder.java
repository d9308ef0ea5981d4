package relay.common.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestEncoder;

/** Encodes requests with the target's octets as the visitor sent them. */
public final class RequestEncoder extends HttpRequestEncoder {

  private static final byte[] VERSION = {' ', 'H', 'T', 'T', 'P', '/', '1', '.', '1', '\r', '\n'};

  @Override
  protected void encodeInitialLine(ByteBuf out, HttpRequest request) {
    ByteBufUtil.copy(request.method().asciiName(), out);
    out.writeByte(' ');
    String target = request instanceof RequestHead head ? head.forwarded() : request.uri();
    out.ensureWritable(target.length() + VERSION.length);
    for (int i = 0; i < target.length(); i++) {
      out.writeByte(target.charAt(i));
    }
    out.writeBytes(VERSION);
  }
}
