package relay.common.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.common.util.buffer.BufferException;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;
import relay.common.ssh.ForwardedTcpip;
import relay.common.ssh.StreamlocalForward;
import relay.common.ssh.TcpipForward;

/**
 * What must hold for any messages of the connection protocol (RFC 4254) that a peer sends: they are
 * taken, or refused by the one exception that ends the session; no stream gets more than its
 * window, and nothing is left.
 */
final class AnyMessages {

  private static final int WINDOW = 4096;
  private static final int MAX_STREAMS = 6;
  private static final TwoSides SIDES = sides();

  private final SshConnection connection;
  private final List<Counted> streams = new ArrayList<>();

  private static TwoSides sides() {
    try {
      return TwoSides.rawPeer();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Checks it, on channel 0, which is open, and channel 1, which was asked for.
   *
   * @param input messages: a number, a length, and so many octets
   */
  static void check(byte[] input) throws Exception {
    readRecords(input);
    SIDES.received.clear();
    AnyMessages any = SIDES.onLeft(AnyMessages::new);
    SIDES.onLeft(() -> any.receive(input));
    SIDES.onLeft(any::end);
    assertThat(any.streams).allSatisfy(Counted::assertOver);
  }

  static Stream<byte[]> seeds() {
    byte[] window = {0, 0, 0, 0, 0, 0, 1, 0};
    byte[] data = {0, 0, 0, 0, 0, 0, 0, 2, 'h', 'i'};
    byte[] end = {0, 0, 0, 0};
    byte[] request = {0, 0, 0, 0, 0, 0, 0, 4, 'e', 'x', 'e', 'c', 1, 0, 0, 0, 1, 'x'};
    byte[] confirmed = {0, 0, 0, 1, 0, 0, 0, 9, 0, 0, 1, 0, 0, 0, 1, 0};
    byte[] open = {0, 0, 0, 1, 'a', 0, 0, 0, 7, 0, 0, 1, 0, 0, 0, 1, 0};
    byte[] global = {0, 0, 0, 2, 'o', 'k', 1, 0, 0, 0, 1, 'h', 0, 0, 0, 80, 0, 0, 0, 0, 0, 0, 0, 1};
    return Stream.of(
        messages(94, data, 93, window, 96, end, 97, end),
        messages(98, request, 95, data, 94, data),
        messages(91, confirmed, 97, end, 97, end),
        messages(90, open, 80, global, 81, end, 82, new byte[0]));
  }

  private static byte[] messages(Object... numbersAndBodies) {
    ByteBuffer all = ByteBuffer.allocate(500);
    for (int i = 0; i < numbersAndBodies.length; i += 2) {
      byte[] body = (byte[]) numbersAndBodies[i + 1];
      all.put(((Integer) numbersAndBodies[i]).byteValue()).put((byte) body.length).put(body);
    }
    byte[] used = new byte[all.position()];
    all.flip().get(used);
    return used;
  }

  private AnyMessages() throws IOException {
    connection =
        new SshConnection(
            SIDES.leftSession(),
            TestSessions.keyExchange(SIDES.leftSession()),
            new StreamLimits(WINDOW, new WindowBudget(0), MAX_STREAMS, Duration.ofSeconds(10)),
            it -> new Answering());
    var opened = connection.open(connection.eventLoop(), "a", packet -> {});
    connection.open(connection.eventLoop(), "a", packet -> {});
    Buffer confirmation = new ByteArrayBuffer();
    for (long number : new long[] {0, 5, 1 << 20, 1 << 15}) {
      confirmation.putUInt(number);
    }
    connection.process(SshConstants.SSH_MSG_CHANNEL_OPEN_CONFIRMATION, confirmation);
    connection.read();
    streams.add(new Counted(opened.getNow()));
  }

  private boolean receive(byte[] input) {
    ByteBuffer in = ByteBuffer.wrap(input);
    while (in.remaining() >= 2) {
      int command = 80 + (in.get() & 0xff) % 24;
      byte[] body = new byte[Math.min(in.get() & 0xff, in.remaining())];
      in.get(body);
      try {
        connection.process(command, new ByteArrayBuffer(body));
      } catch (IOException e) {
        return false; // the session's end
      }
      assertThat(connection.streamCount()).isLessThanOrEqualTo(MAX_STREAMS);
      connection.read();
    }
    return true;
  }

  private boolean end() {
    connection.closed();
    assertThat(connection.streamCount()).isZero();
    return true;
  }

  /** What is read of a record is what was written of it. */
  private static void readRecords(byte[] input) {
    readRecord(input, TcpipForward::read, TcpipForward::write);
    readRecord(input, ForwardedTcpip::read, ForwardedTcpip::write);
    readRecord(input, StreamlocalForward::read, StreamlocalForward::write);
  }

  private static <T> void readRecord(
      byte[] input, Function<Buffer, T> read, BiConsumer<T, Buffer> write) {
    T record;
    try {
      record = read.apply(new ByteArrayBuffer(input));
    } catch (BufferException e) {
      return;
    }
    Buffer written = new ByteArrayBuffer();
    write.accept(record, written);
    assertThat(read.apply(written)).isEqualTo(record);
    assertThat(record.toString().length()).isLessThan(input.length + 200);
  }

  private final class Answering implements SshConnection.Role {
    @Override
    public void open(StreamOpen open) {
      try {
        if (open.type().startsWith("a")) {
          streams.add(new Counted(open.accept(connection.eventLoop())));
        } else {
          open.refuse(SshConstants.SSH_OPEN_UNKNOWN_CHANNEL_TYPE, "no");
        }
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public void request(GlobalRequest request) {
      if (request.name().startsWith("o")) {
        request.succeed(4711);
      } else {
        request.fail();
      }
    }

    @Override
    public void closed() {}
  }

  /** A stream of which one read is made, so that nothing is granted again. */
  private static final class Counted extends ChannelInboundHandlerAdapter {
    private final SshStreamChannel stream;
    private int count;

    Counted(SshStreamChannel stream) {
      this.stream = stream;
      stream.pipeline().addLast(this);
      stream.read();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ByteBuf bytes = (ByteBuf) message;
      count += bytes.readableBytes();
      bytes.release();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event instanceof ChannelRequest request) {
        request.answer(request.type().equals("exec") && request.details().available() > 0);
      }
    }

    void assertOver() {
      assertThat(count).isLessThanOrEqualTo(WINDOW);
      assertThat(stream.isOpen()).isFalse();
    }
  }
}
