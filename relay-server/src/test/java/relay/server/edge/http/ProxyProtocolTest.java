package relay.server.edge.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a trusted proxy's header tells, octet by octet. */
class ProxyProtocolTest {

  private static final InetSocketAddress PROXY = new InetSocketAddress("192.0.2.1", 4711);
  private static final String REQUEST = "GET / HTTP/1.1\r\n";
  private static final String TEXT = "PROXY TCP4 198.51.100.7 192.0.2.1 4711 80\r\n";
  private static final String SIGNATURE = "0d0a0d0a000d0a515549540a";

  private static Peer afterHeader(String hex) {
    Peer peer = new Peer(PROXY, PROXY);
    EmbeddedChannel channel = new EmbeddedChannel(new ProxyProtocolDetector(peer));
    byte[] octets = ByteBufUtil.decodeHexDump(hex + hex(REQUEST));
    for (byte octet : octets) {
      channel.writeInbound(Unpooled.wrappedBuffer(new byte[] {octet}));
    }
    StringBuilder behind = new StringBuilder();
    for (ByteBuf next = channel.readInbound(); next != null; next = channel.readInbound()) {
      behind.append(next.toString(StandardCharsets.US_ASCII));
      next.release();
    }
    assertThat(behind.toString()).isEqualTo(REQUEST);
    assertThat(channel.finish()).isFalse();
    return peer;
  }

  private static String hex(String text) {
    return ByteBufUtil.hexDump(text.getBytes(StandardCharsets.US_ASCII));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "50524f585920554e4b4e4f574e0d0a", // PROXY UNKNOWN
        SIGNATURE + "20000000", // LOCAL
        SIGNATURE + "21000000", // PROXY, of no family
        SIGNATURE + "2112000cc6336407c00002010001" + "0050", // datagrams
      })
  void header_withoutAnAddress_peerIsTheProxy(String header) {
    assertThat(afterHeader(header).address()).isEqualTo(PROXY);
  }

  @ParameterizedTest
  @ValueSource(strings = {"2131", "2132"})
  void header_ofUnixSockets_peerIsTheProxy(String stream) {
    String path = hex("/run/proxy.sock") + "00".repeat(93);
    Peer peer = afterHeader(SIGNATURE + stream + "00d8" + path + path);
    assertThat(peer.address()).isEqualTo(PROXY);
    assertThat(peer.destination()).isEqualTo(PROXY);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        TEXT,
        SIGNATURE + "2111000cc6336407c00002011267" + "0050",
        SIGNATURE + "21110010c6336407c000020112670050" + "04000100", // and a NOOP
      })
  void header_withAddresses_peerIsWhomItNames(String header) {
    Peer peer = afterHeader(header.equals(TEXT) ? hex(TEXT) : header);
    assertThat(peer.address()).isEqualTo(new InetSocketAddress("198.51.100.7", 4711));
    assertThat(peer.destination()).isEqualTo(new InetSocketAddress("192.0.2.1", 80));
  }
}
