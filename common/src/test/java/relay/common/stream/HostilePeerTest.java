package relay.common.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.session.SessionListener;
import org.apache.sshd.common.util.buffer.Buffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What breaks RFC 4254 ends the session with a message, whatever it is. */
class HostilePeerTest {

  private static final int DATA = SshConstants.SSH_MSG_CHANNEL_DATA;
  private static final int WINDOW = 4096;
  private static final StreamLimits LIMITS =
      new StreamLimits(WINDOW, new WindowBudget(0), 10, Duration.ofSeconds(10));

  /** On channel 0, which is open, and 1, which we have asked for. */
  static Stream<Arguments> violations() {
    byte[] text = new byte[30_000];
    java.util.Arrays.fill(text, (byte) 0xc3); // never UTF-8
    return Stream.of(
        message("data without a length", DATA, p -> p.putUInt(0)),
        message("data without a channel", DATA, p -> {}),
        message("data of negative length", DATA, p -> data(p, 0, -1, 0)),
        message("data longer than its packet", DATA, p -> data(p, 0, 200, 100)),
        message("data beyond the window", DATA, p -> data(p, 0, WINDOW + 1, WINDOW + 1)),
        message("data on a channel that never was", DATA, p -> data(p, 77, 1, 1)),
        message("data on a channel of 2^31", DATA, p -> data(p, 0x8000_0000, 1, 1)),
        message("data on a channel of 2^32 - 1", DATA, p -> data(p, -1, 1, 1)),
        message("data before the confirmation", DATA, p -> data(p, 1, 1, 1)),
        message(
            "close before the confirmation", SshConstants.SSH_MSG_CHANNEL_CLOSE, p -> p.putUInt(1)),
        message(
            "window before the confirmation",
            SshConstants.SSH_MSG_CHANNEL_WINDOW_ADJUST,
            p -> {
              p.putUInt(1);
              p.putUInt(1);
            }),
        message(
            "window without a number",
            SshConstants.SSH_MSG_CHANNEL_WINDOW_ADJUST,
            p -> p.putUInt(0)),
        message(
            "standard error longer than its packet",
            SshConstants.SSH_MSG_CHANNEL_EXTENDED_DATA,
            p -> {
              p.putUInt(0);
              p.putUInt(1);
              p.putInt(100);
            }),
        message(
            "confirmation of an open channel",
            SshConstants.SSH_MSG_CHANNEL_OPEN_CONFIRMATION,
            p -> {
              p.putUInt(0);
              p.putUInt(5);
              p.putUInt(1);
              p.putUInt(1);
            }),
        message(
            "confirmation without a window",
            SshConstants.SSH_MSG_CHANNEL_OPEN_CONFIRMATION,
            p -> {
              p.putUInt(1);
              p.putUInt(5);
            }),
        message(
            "refusal of an open channel",
            SshConstants.SSH_MSG_CHANNEL_OPEN_FAILURE,
            p -> {
              p.putUInt(0);
              p.putUInt(1);
              p.putString("");
              p.putString("");
            }),
        message(
            "channel request without a type",
            SshConstants.SSH_MSG_CHANNEL_REQUEST,
            p -> p.putUInt(0)),
        message(
            "channel request of negative length",
            SshConstants.SSH_MSG_CHANNEL_REQUEST,
            p -> {
              p.putUInt(0);
              p.putInt(-5);
            }),
        message("open without a type", SshConstants.SSH_MSG_CHANNEL_OPEN, p -> {}),
        message(
            "open with a type of 2 GB",
            SshConstants.SSH_MSG_CHANNEL_OPEN,
            p -> p.putInt(0x7fff_ffff)),
        message(
            "open with half its numbers", SshConstants.SSH_MSG_CHANNEL_OPEN, p -> p.putString("a")),
        message("global request without a name", SshConstants.SSH_MSG_GLOBAL_REQUEST, p -> {}),
        message(
            "global request without its flag",
            SshConstants.SSH_MSG_GLOBAL_REQUEST,
            p -> p.putBytes(text)),
        message("message 85", 85, p -> {}));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("violations")
  void violation_endsTheSessionWithAMessage(String what, int command, Consumer<Buffer> body)
      throws Exception {
    try (TwoSides sides = TwoSides.rawPeer(LIMITS)) {
      openOneAndAskForAnother(sides);
      CompletableFuture<Integer> told = told(sides);
      sides.send(command, body);
      assertThat(told.get(10, TimeUnit.SECONDS))
          .isEqualTo(SshConstants.SSH2_DISCONNECT_PROTOCOL_ERROR);
      sides.leftRole.closed.get(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void data_afterTheEnd_isAViolation() throws Exception {
    try (TwoSides sides = TwoSides.rawPeer(LIMITS)) {
      openOneAndAskForAnother(sides);
      CompletableFuture<Integer> told = told(sides);
      sides.send(SshConstants.SSH_MSG_CHANNEL_EOF, p -> p.putUInt(0));
      sides.send(DATA, p -> data(p, 0, 1, 1));
      assertThat(told.get(10, TimeUnit.SECONDS))
          .isEqualTo(SshConstants.SSH2_DISCONNECT_PROTOCOL_ERROR);
    }
  }

  @Test
  void close_twice_isAViolation() throws Exception {
    try (TwoSides sides = TwoSides.rawPeer(LIMITS)) {
      // which nobody reads, so that it stays after the first
      SshStreamChannel stream = openOneAndAskForAnother(sides);
      CompletableFuture<Integer> told = told(sides);
      sides.send(DATA, p -> data(p, 0, 1, 1));
      sides.send(SshConstants.SSH_MSG_CHANNEL_EOF, p -> p.putUInt(0));
      sides.send(SshConstants.SSH_MSG_CHANNEL_CLOSE, p -> p.putUInt(0));
      sides.send(SshConstants.SSH_MSG_CHANNEL_CLOSE, p -> p.putUInt(0));
      assertThat(told.get(10, TimeUnit.SECONDS))
          .isEqualTo(SshConstants.SSH2_DISCONNECT_PROTOCOL_ERROR);
      stream.close().sync();
    }
  }

  @Test
  void data_onAChannelThatWeClosed_isNoViolation() throws Exception {
    try (TwoSides sides = TwoSides.rawPeer(LIMITS)) {
      SshStreamChannel stream = openOneAndAskForAnother(sides);
      stream.close().sync();
      assertThat(sides.next().command()).isEqualTo(SshConstants.SSH_MSG_CHANNEL_CLOSE);
      sides.send(DATA, p -> data(p, 0, 100, 100));
      sides.send(SshConstants.SSH_MSG_CHANNEL_CLOSE, p -> p.putUInt(0));
      sides.send(DATA, p -> data(p, 0, 100, 100));
      answersStill(sides);
    }
  }

  @Test
  void data_amidAKeyExchange_isTakenInItsPlace() throws Exception {
    try (TwoSides sides = TwoSides.rawPeer(LIMITS)) {
      SshStreamChannel stream = openOneAndAskForAnother(sides);
      BlockingQueue<Byte> read = new LinkedBlockingQueue<>();
      stream.pipeline().addFirst(new Recording(read));
      for (int i = 0; i < 20; i += 2) {
        int octet = i;
        sides.sendAmidKeyExchange(DATA, p -> octet(p, octet));
        sides.send(DATA, p -> octet(p, octet + 1)); // waits for the new keys
        assertThat(read.poll(10, TimeUnit.SECONDS)).isEqualTo((byte) i);
        assertThat(read.poll(10, TimeUnit.SECONDS)).isEqualTo((byte) (i + 1));
      }
      answersStill(sides);
      assertThat(sides.isKeyExchangeDone()).isTrue();
    }
  }

  @Test
  void windowOfZeroForEver_stallsThatStreamAlone_andItsSlotComesBack() throws Exception {
    try (TwoSides sides = TwoSides.rawPeer(LIMITS)) {
      var stalledOpen = sides.left().open(sides.thirdLoop(), "a", p -> {});
      var other = sides.left().open(sides.thirdLoop(), "a", p -> {});
      for (int channel = 0; channel < 2; channel++) {
        int window = channel;
        sides.next();
        sides.send(
            SshConstants.SSH_MSG_CHANNEL_OPEN_CONFIRMATION,
            p -> {
              p.putUInt(window);
              p.putUInt(window);
              p.putUInt(window);
              p.putUInt(1 << 15);
            });
      }
      SshStreamChannel stalled = TwoSides.get(stalledOpen);
      stalled.writeAndFlush(Unpooled.copiedBuffer("abc", StandardCharsets.US_ASCII));
      TwoSides.get(other).writeAndFlush(Unpooled.copiedBuffer("abc", StandardCharsets.US_ASCII));
      TwoSides.Message data = sides.next();
      assertThat(data.command()).isEqualTo(DATA);
      assertThat(data.body().getUInt()).as("the channel with a window").isEqualTo(1);
      assertThat(data.body().getString()).isEqualTo("a");

      stalled.close().sync();
      TwoSides.Message close = sides.next();
      assertThat(close.command()).isEqualTo(SshConstants.SSH_MSG_CHANNEL_CLOSE);
      assertThat(close.body().getUInt()).isZero();
      sides.send(SshConstants.SSH_MSG_CHANNEL_CLOSE, p -> p.putUInt(0));
      answersStill(sides);
      assertThat(sides.onLeft(() -> sides.left().streamCount())).isEqualTo(1);
      TwoSides.get(other).close().sync();
    }
  }

  private static void answersStill(TwoSides sides) throws Exception {
    sides.leftRole.onRequest = GlobalRequest::fail;
    sides.send(
        SshConstants.SSH_MSG_GLOBAL_REQUEST,
        p -> {
          p.putString("alive?");
          p.putBoolean(true);
        });
    assertThat(sides.next().command()).isEqualTo(SshConstants.SSH_MSG_REQUEST_FAILURE);
  }

  private static SshStreamChannel openOneAndAskForAnother(TwoSides sides) throws Exception {
    var opened = sides.left().open(sides.thirdLoop(), "a", p -> {});
    sides.next();
    sides.send(
        SshConstants.SSH_MSG_CHANNEL_OPEN_CONFIRMATION,
        p -> {
          p.putUInt(0);
          p.putUInt(0);
          p.putUInt(1 << 20);
          p.putUInt(1 << 15);
        });
    SshStreamChannel stream = TwoSides.get(opened);
    stream.pipeline().addLast(new Releasing());
    sides.left().open(sides.thirdLoop(), "a", p -> {});
    sides.next();
    return stream;
  }

  private static CompletableFuture<Integer> told(TwoSides sides) {
    CompletableFuture<Integer> told = new CompletableFuture<>();
    sides
        .rightSession()
        .addSessionListener(
            new SessionListener() {
              @Override
              public void sessionDisconnect(
                  Session session, int reason, String text, String language, boolean initiator) {
                if (!initiator) {
                  told.complete(reason);
                }
              }

              @Override
              public void sessionClosed(Session session) {
                told.completeExceptionally(new IOException("closed without a message"));
              }
            });
    return told;
  }

  private static void data(Buffer packet, int channel, int announced, int sent) {
    packet.putInt(channel);
    packet.putInt(announced);
    packet.putRawBytes(new byte[sent]);
  }

  private static void octet(Buffer packet, int value) {
    packet.putInt(0);
    packet.putInt(1);
    packet.putByte((byte) value);
  }

  private static Arguments message(String what, int command, Consumer<Buffer> body) {
    return Arguments.of(what, command, body);
  }

  private static final class Recording extends ChannelInboundHandlerAdapter {
    private final BlockingQueue<Byte> octets;

    Recording(BlockingQueue<Byte> octets) {
      this.octets = octets;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
      ctx.read();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ByteBuf bytes = (ByteBuf) message;
      bytes.forEachByte(octets::add);
      ctx.fireChannelRead(message);
      ctx.read();
    }
  }

  private static final class Releasing extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      assertThat(message).isInstanceOf(ByteBuf.class);
      ReferenceCountUtil.release(message);
    }
  }
}
