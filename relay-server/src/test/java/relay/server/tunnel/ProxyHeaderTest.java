package relay.server.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProxyHeaderTest {

  private static final String SIGNATURE = "0d0a0d0a000d0a515549540a";

  private static String sent(int version, InetSocketAddress from, @Nullable InetSocketAddress to)
      throws Exception {
    EmbeddedChannel stream = new EmbeddedChannel();
    Upstream upstream =
        ProxyHeader.over(
            (loop, originator, destination) -> loop.newSucceededFuture((Channel) stream),
            () -> TunnelOptions.NONE.withProxyProtocol(version));
    Future<Channel> connected = upstream.connect(stream.eventLoop(), from, to);
    stream.runPendingTasks();
    stream.checkException();
    assertThat(connected.getNow().pipeline().names()).hasSize(1);
    ByteBuf header = stream.readOutbound();
    try {
      return ByteBufUtil.hexDump(header);
    } finally {
      header.release();
      stream.finishAndReleaseAll();
    }
  }

  private static String hex(String text) {
    return ByteBufUtil.hexDump(text.getBytes(StandardCharsets.US_ASCII));
  }

  @ParameterizedTest
  @CsvSource({
    "192.0.2.7, 192.0.2.1, TCP4 192.0.2.7 192.0.2.1",
    "2001:db8::7, 2001:db8::1, TCP6 2001:db8::7 2001:db8::1",
    "192.0.2.7, ::1, TCP6 ::ffff:192.0.2.7 ::1",
    "fe80::7%1, 192.0.2.1, TCP6 fe80::7 ::ffff:192.0.2.1",
  })
  void version1_addressesOfOneFamily(String from, String to, String written) throws Exception {
    assertThat(sent(1, new InetSocketAddress(from, 4711), new InetSocketAddress(to, 80)))
        .isEqualTo(hex("PROXY " + written + " 4711 80\r\n"));
  }

  @Test
  void destination_notKnown_saysSo() throws Exception {
    InetSocketAddress from = new InetSocketAddress("192.0.2.7", 4711);
    assertThat(sent(1, from, null)).isEqualTo(hex("PROXY UNKNOWN\r\n"));
    assertThat(sent(2, from, null)).isEqualTo(SIGNATURE + "21000000");
  }
}
