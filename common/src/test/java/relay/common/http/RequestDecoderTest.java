package relay.common.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;

class RequestDecoderTest {

  private static final String GET = "GET /a HTTP/1.1\r\nHost: x.test\r\n\r\n";

  private final RequestDecoder decoder = new RequestDecoder(HeadLimits.DEFAULT);
  private final EmbeddedChannel channel = new EmbeddedChannel(decoder);

  @AfterEach
  void close() {
    channel.finishAndReleaseAll();
  }

  private void receive(String text) {
    channel.writeInbound(Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1));
  }

  private String content() {
    HttpContent content = channel.readInbound();
    String text = content.content().toString(StandardCharsets.ISO_8859_1);
    content.release();
    return text;
  }

  private void expectHead(String target) {
    assertThat(channel.<Object>readInbound())
        .isInstanceOfSatisfying(
            RequestHead.class, head -> assertThat(head.originForm()).isEqualTo(target));
  }

  private void expectEnd() {
    assertThat(channel.<Object>readInbound()).isSameAs(LastHttpContent.EMPTY_LAST_CONTENT);
  }

  @Test
  void requests_pipelined_nextWaitsForResume() {
    receive(GET + GET.replace("/a", "/b"));
    expectHead("/a");
    expectEnd();
    assertThat(channel.<Object>readInbound()).isNull();
    assertThat(decoder.holdsInput()).isTrue();
    decoder.resume();
    expectHead("/b");
    expectEnd();
    assertThat(decoder.holdsInput()).isFalse();
  }

  @Test
  void body_waitsForResume() {
    receive("POST / HTTP/1.1\r\nHost: x.test\r\nContent-Length: 3\r\n\r\nabcGET");
    expectHead("/");
    assertThat(channel.<Object>readInbound()).isNull();
    decoder.resume();
    assertThat(content()).isEqualTo("abc");
    assertThat(channel.<Object>readInbound()).isNull();
    assertThat(decoder.holdsInput()).isTrue();
  }

  @Test
  void head_octetByOctet_sameHead() {
    for (char c : ("\r\n" + GET).toCharArray()) {
      receive(String.valueOf(c));
    }
    expectHead("/a");
    expectEnd();
  }

  @Test
  void withinHead_onlyBetweenFirstOctetAndEnd() {
    assertThat(decoder.isWithinHead()).isFalse();
    receive("\r\n");
    assertThat(decoder.isWithinHead()).isFalse();
    receive("G");
    assertThat(decoder.isWithinHead()).isTrue();
    receive(GET.substring(1));
    assertThat(decoder.isWithinHead()).isFalse();
  }

  @Test
  void afterRefusal_allDiscarded() {
    receive("GET / HTTP/1.1\r\nHost: x.test\r\nA: b\nC: d\r\n\r\n" + GET);
    assertThat(channel.<Object>readInbound())
        .isInstanceOfSatisfying(
            Refusal.class,
            refusal -> assertThat(refusal.code()).isEqualTo(RefusalCode.H400_BAD_REQUEST));
    receive(GET);
    decoder.resume();
    assertThat(channel.<Object>readInbound()).isNull();
    assertThat(decoder.holdsInput()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"HTTP/1.0", "HTTP/1.1"})
  void lengths_moreThanOne_refused(String version) {
    receive(
        "POST / "
            + version
            + "\r\nHost: x.test\r\nContent-Length: 2\r\ncontent-length: 3\r\n\r\nab");
    assertThat(channel.<Object>readInbound())
        .isInstanceOfSatisfying(
            Refusal.class,
            refusal -> assertThat(refusal.code()).isEqualTo(RefusalCode.H400_BAD_REQUEST));
  }

  @Test
  void inputEnds_octetsStayAndNothingCompletes() {
    receive("POST / HTTP/1.1\r\nHost: x.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    expectHead("/");
    channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
    decoder.resume();
    assertThat(content()).isEqualTo("abc");
    channel.close();
    assertThat(channel.<Object>readInbound()).isNull();
  }

  @Test
  void removed_afterUpgradeRequest_earlyOctetsGoOn() {
    receive(GET + "raw");
    expectHead("/a");
    expectEnd();
    channel.pipeline().remove(decoder);
    ByteBuf raw = channel.readInbound();
    assertThat(raw.toString(StandardCharsets.ISO_8859_1)).isEqualTo("raw");
    ReferenceCountUtil.release(raw);
  }
}
