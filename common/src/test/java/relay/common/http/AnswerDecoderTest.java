package relay.common.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AnswerDecoderTest {

  private final AnswerDecoder decoder = new AnswerDecoder();
  private final EmbeddedChannel channel = new EmbeddedChannel(decoder);

  @BeforeEach
  void ask() {
    decoder.expect(false);
  }

  @AfterEach
  void close() {
    channel.finishAndReleaseAll();
  }

  private void receive(String text) {
    channel.writeInbound(Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1));
  }

  /** What was fired, as {@code 200 body end}. */
  private String fired() {
    List<String> all = new ArrayList<>();
    Object message;
    while ((message = channel.readInbound()) != null) {
      if (message instanceof HttpResponse answer) {
        all.add(FramingGuard.fault(answer) == null ? "" + answer.status().code() : "bad");
      } else if (message instanceof HttpContent content) {
        if (content.content().isReadable()) {
          all.add(content.content().toString(StandardCharsets.ISO_8859_1));
        }
        if (content instanceof LastHttpContent) {
          all.add(content.decoderResult().isSuccess() ? "end" : "broken");
        }
      }
      ReferenceCountUtil.release(message);
    }
    return String.join(" ", all);
  }

  private void inputEnds() {
    channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
  }

  @Test
  void untilEnd_inputEnds_isComplete() {
    receive("HTTP/1.1 200 OK\r\n\r\nabc");
    inputEnds();
    assertThat(fired()).isEqualTo("200 abc end");
  }

  @Test
  void untilEnd_inactiveOnly_isCut() {
    receive("HTTP/1.1 200 OK\r\n\r\nabc");
    channel.close();
    assertThat(fired()).isEqualTo("200 abc");
  }

  @Test
  void lengthOrChunks_inputEndsEarly_isCut() {
    receive("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc");
    inputEnds();
    channel.close();
    assertThat(fired()).isEqualTo("200 abc");
  }

  @Test
  void chunks_inputEndsEarly_isCut() {
    for (String rest : new String[] {"", "\r", "\r\n", "\r\n0", "\r\n0\r\n"}) {
      AnswerDecoder one = new AnswerDecoder();
      one.expect(false);
      EmbeddedChannel other = new EmbeddedChannel(one);
      other.writeInbound(
          Unpooled.copiedBuffer(
              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc" + rest,
              StandardCharsets.ISO_8859_1));
      other.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
      other.close();
      Object message;
      while ((message = other.readInbound()) != null) {
        assertThat(message).isNotInstanceOf(LastHttpContent.class);
        ReferenceCountUtil.release(message);
      }
    }
  }

  @Test
  void surplus_isFiredToNobody() {
    receive("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\n");
    assertThat(fired()).isEqualTo("200 ok end");
    assertThat(decoder.hasSurplus()).isTrue();
  }

  @Test
  void unsolicited_isSurplus() {
    AnswerDecoder idle = new AnswerDecoder();
    EmbeddedChannel other = new EmbeddedChannel(idle);
    other.writeInbound(Unpooled.copiedBuffer("HTTP/1.1 200", StandardCharsets.ISO_8859_1));
    assertThat(other.<Object>readInbound()).isNull();
    assertThat(idle.hasSurplus()).isTrue();
    other.finishAndReleaseAll();
  }

  @Test
  void interim_thenFinal_bothInOrder() {
    receive("HTTP/1.1 103 Hints\r\n\r\nHTTP/1.1 100 Go\r\n\r\n");
    receive("HTTP/1.1 204 No\r\n\r\n");
    assertThat(fired()).isEqualTo("103 end 100 end 204 end");
  }

  @Test
  void toHead_lengthIsNoBody() {
    decoder.expect(true);
    receive("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
    assertThat(fired()).isEqualTo("200 end");
    assertThat(decoder.hasSurplus()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n",
        "HTTP/1.1 200 OK\nA: b\n\tc\n\n",
        "\r\nHTTP/1.1 200 OK\r\n A: b\r\n\r\n",
        "HTTP/1.1 103 Hints\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na\n \r\n000\r\nA: b\r\n c\r\n\r\n",
      })
  void line_folded_bad(String answer) {
    receive(answer);
    assertThat(fired()).endsWith(answer.contains("chunked") ? "broken" : "bad");
    decoder.expect(false);
    for (int i = 0; i < answer.length(); i++) {
      receive(answer.substring(i, i + 1));
    }
    assertThat(fired()).endsWith(answer.contains("chunked") ? "broken" : "bad");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\n b",
        " \r\n \nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\n b",
        "HTTP/1.1 103 Hints\r\n\r\nHTTP/1.1 200 OK\nContent-Length: 3\n\n\n b",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n003\r\n\n b\r\n0;a=b\r\nA: b\r\n\r\n",
      })
  void body_likeAFoldedLine_isWhole(String answer) {
    receive(answer);
    assertThat(fired()).endsWith("200 \n b end");
    decoder.expect(false);
    for (int i = 0; i < answer.length(); i++) {
      receive(answer.substring(i, i + 1));
    }
    assertThat(fired().replace("\n   b", "\n b")).endsWith(" b end").doesNotContain("bad");
  }

  @Test
  void lines_folded_takeNoTimeThatMatters() {
    CpuTime.assertAtMost(
        Duration.ofSeconds(1),
        () -> {
          for (int i = 0; i < 20; i++) {
            decoder.expect(false);
            receive("HTTP/1.1 103 Hints\nA: b\n" + " a\n".repeat(20_000) + "\n");
            assertThat(fired()).isEqualTo("bad");
          }
        });
  }

  @Test
  void headerName_withSpaceInside_bad() {
    receive("HTTP/1.1 200 OK\r\nContent-Length x: 5\r\n\r\n");
    assertThat(fired()).startsWith("bad");
  }

  @Test
  void headerName_spaceBeforeColon_removed() {
    receive("HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok");
    assertThat(fired()).isEqualTo("200 ok end");
  }

  @ParameterizedTest
  @ValueSource(strings = {"HTTP/1.0", "HTTP/1.1"})
  void lengths_moreThanOne_bad(String version) {
    receive(version + " 200 OK\r\nContent-Length: 2\r\ncontent-length: 3\r\n\r\nok");
    assertThat(fired()).startsWith("bad");
  }

  @Test
  void switching_rawOctetsStayForTheSplice() {
    receive("HTTP/1.1 101 Go\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\nraw");
    inputEnds();
    assertThat(fired()).isEqualTo("101 end");
    channel.pipeline().remove(decoder);
    io.netty.buffer.ByteBuf raw = channel.readInbound();
    assertThat(raw.toString(StandardCharsets.ISO_8859_1)).isEqualTo("raw");
    raw.release();
  }
}
