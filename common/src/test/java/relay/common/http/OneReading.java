package relay.common.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import relay.common.http.HttpReader.Liberty;
import relay.common.http.HttpReader.Request;

/**
 * What must hold for any octets that a visitor sends. Those that pass the guard were requests by
 * the letter already; encoded for the service they are the same requests, to a strict reader and to
 * every lenient one.
 */
final class OneReading {

  private static final Set<String> NO_TRAILERS =
      Set.of("content-length", "transfer-encoding", "trailer");

  private static final List<Set<Liberty>> READERS = new ArrayList<>();

  static {
    for (Liberty liberty : Liberty.values()) {
      READERS.add(EnumSet.of(liberty));
    }
    READERS.add(EnumSet.complementOf(EnumSet.of(Liberty.FIRST_LENGTH)));
    READERS.add(EnumSet.complementOf(EnumSet.of(Liberty.LAST_LENGTH)));
    READERS.add(EnumSet.of(Liberty.BARE_LF, Liberty.FOLDS, Liberty.SPACED_NAMES));
  }

  private final RequestDecoder decoder = new RequestDecoder(HeadLimits.DEFAULT);
  private final EmbeddedChannel visitor = new EmbeddedChannel(decoder);
  private final EmbeddedChannel raw = new EmbeddedChannel(new RequestEncoder());
  private final EmbeddedChannel cleaned = new EmbeddedChannel(new RequestEncoder());

  private final List<Request> passed = new ArrayList<>();
  private final List<String> rawTargets = new ArrayList<>();
  private final StringBuilder toService = new StringBuilder();
  private final StringBuilder toServiceCleaned = new StringBuilder();
  private final List<Request> passedCleaned = new ArrayList<>();

  private @Nullable RequestHead head;
  private List<Map.Entry<String, String>> fields = List.of();
  private final StringBuilder body = new StringBuilder();

  private OneReading() {}

  /**
   * Checks it.
   *
   * @param input the first octet says in how large pieces the others are received: its low four
   *     bits, 0 for all at once
   * @return how many requests passed
   */
  static int check(byte[] input) throws Exception {
    if (input.length == 0) {
      return 0;
    }
    OneReading reading = new OneReading();
    try {
      int piece = (input[0] & 0x0f) == 0 ? Math.max(1, input.length) : input[0] & 0x0f;
      for (int from = 1; from < input.length; from += piece) {
        int length = Math.min(piece, input.length - from);
        reading.visitor.writeInbound(Unpooled.copiedBuffer(input, from, length));
        reading.drain();
      }
      String received = new String(input, 1, input.length - 1, StandardCharsets.ISO_8859_1);
      reading.judge(received);
      return reading.passed.size();
    } finally {
      reading.visitor.finishAndReleaseAll();
      reading.raw.finishAndReleaseAll();
      reading.cleaned.finishAndReleaseAll();
    }
  }

  /** Takes what was decoded, and asks for more until nothing comes. */
  private void drain() {
    Object message;
    while ((message = visitor.readInbound()) != null) {
      if (message instanceof RequestHead next) {
        head = next;
        fields = copy(next.headers());
        body.setLength(0);
        decoder.resume();
      } else if (message instanceof HttpContent content) {
        body.append(content.content().toString(StandardCharsets.ISO_8859_1));
        RequestHead ended = head;
        if (content instanceof LastHttpContent last && ended != null) {
          complete(ended, last);
          decoder.resume();
        }
      }
      ReferenceCountUtil.release(message);
    }
  }

  private void complete(RequestHead head, LastHttpContent last) {
    List<Map.Entry<String, String>> trailers = copy(last.trailingHeaders());
    String target = head.originForm();
    passed.add(new Request(head.method().name(), target, fields, body.toString(), trailers));
    rawTargets.add(head.uri());
    if (head.length() != RequestHead.CHUNKED) {
      assertThat(body.length()).isEqualTo((int) head.length());
    }
    send(raw, head, last, toService);

    // As an edge does: what ends at this hop goes, and one framing header is set.
    boolean saysLength = head.headers().contains("content-length");
    Fields.cleanRequest(head.headers());
    if (head.length() == RequestHead.CHUNKED) {
      head.headers().set("transfer-encoding", "chunked");
    } else if (saysLength) {
      head.headers().set("content-length", Long.toString(head.length()));
    }
    List<Map.Entry<String, String>> left = copy(head.headers());
    Fields.cleanTrailers(last.trailingHeaders());
    passedCleaned.add(
        new Request(
            head.method().name(), target, left, body.toString(), copy(last.trailingHeaders())));
    send(cleaned, head, last, toServiceCleaned);
  }

  private void send(
      EmbeddedChannel service, RequestHead head, LastHttpContent last, StringBuilder into) {
    service.writeOutbound(head);
    LastHttpContent content =
        new DefaultLastHttpContent(Unpooled.copiedBuffer(body, StandardCharsets.ISO_8859_1));
    content.trailingHeaders().set(last.trailingHeaders());
    service.writeOutbound(content);
    ByteBuf octets;
    while ((octets = service.readOutbound()) != null) {
      into.append(octets.toString(StandardCharsets.ISO_8859_1));
      octets.release();
    }
  }

  private void judge(String received) throws HttpReader.Violation {
    int count = passed.size();
    List<Request> came =
        HttpReader.read(received, EnumSet.noneOf(Liberty.class), count).stream()
            .map(OneReading::withoutFramingTrailers)
            .toList();
    List<Request> expected = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Request request = passed.get(i);
      expected.add(
          new Request(
              request.method(),
              rawTargets.get(i),
              request.fields(),
              request.body(),
              request.trailers()));
    }
    assertThat(came).as("as they came").isEqualTo(expected);

    assertThat(read(toService, EnumSet.noneOf(Liberty.class))).as("encoded").isEqualTo(passed);
    assertThat(read(toServiceCleaned, EnumSet.noneOf(Liberty.class)))
        .as("encoded without what ends here")
        .isEqualTo(passedCleaned);
    for (Set<Liberty> liberties : READERS) {
      assertThat(read(toServiceCleaned, liberties))
          .as("encoded, to a reader with %s", liberties)
          .isEqualTo(passedCleaned);
    }
  }

  /** RFC 9110 §6.5.1: what frames a message means nothing behind it, and is dropped. */
  private static Request withoutFramingTrailers(Request request) {
    List<Map.Entry<String, String>> trailers =
        request.trailers().stream()
            .filter(field -> !NO_TRAILERS.contains(field.getKey().toLowerCase(Locale.ROOT)))
            .toList();
    return new Request(
        request.method(), request.target(), request.fields(), request.body(), trailers);
  }

  private static List<Request> read(CharSequence octets, Set<Liberty> liberties)
      throws HttpReader.Violation {
    return HttpReader.read(octets.toString(), liberties, Integer.MAX_VALUE);
  }

  private static List<Map.Entry<String, String>> copy(HttpHeaders headers) {
    List<Map.Entry<String, String>> copy = new ArrayList<>();
    headers.forEach(field -> copy.add(Map.entry(field.getKey(), field.getValue())));
    return copy;
  }
}
