package relay.common.http;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;

/** Heads of requests, as they come out of the decoder. */
final class Heads {

  private Heads() {}

  /**
   * @param fields header lines, beside Host
   */
  static RequestHead of(String host, String... fields) {
    EmbeddedChannel channel = new EmbeddedChannel(new RequestDecoder(HeadLimits.DEFAULT));
    String lines = fields.length == 0 ? "" : String.join("\r\n", fields) + "\r\n";
    channel.writeInbound(
        Unpooled.copiedBuffer(
            "GET / HTTP/1.1\r\nHost: " + host + "\r\n" + lines + "\r\n",
            StandardCharsets.ISO_8859_1));
    RequestHead head = channel.readInbound();
    channel.finishAndReleaseAll();
    return head;
  }
}
