package relay.server.edge.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.util.concurrent.Promise;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import relay.common.endpoint.Endpoint;
import relay.common.endpoint.Hostname;
import relay.common.endpoint.PathPrefix;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.server.tunnel.Route;
import relay.server.tunnel.TunnelOptions;
import relay.server.tunnel.Upstream;
import relay.server.tunnel.UpstreamException;
import relay.server.tunnel.Visit;

/** The order and time of things, on channels without sockets and a clock that a test moves. */
class VisitorHandlerTest {

  private static final Hostname FOO = Hostname.of("foo.localhost");
  private static final String POST = "POST / HTTP/1.1\r\nHost: foo.localhost\r\n";
  private static final String GET = "GET / HTTP/1.1\r\nHost: foo.localhost\r\n\r\n";
  private static final InetSocketAddress ORIGINATOR =
      InetSocketAddress.createUnresolved("192.0.2.7", 4711);

  private final Map<Hostname, Route> routes = new HashMap<>();
  private final List<Visit> visits = new ArrayList<>();
  private final List<Promise<Channel>> opens = new ArrayList<>();
  private final List<EmbeddedChannel> upstreams = new ArrayList<>();
  private final Upstream upstream =
      (loop, originator, destination) -> {
        Promise<Channel> promise = loop.newPromise();
        opens.add(promise);
        return promise;
      };
  private EmbeddedChannel visitor;
  private int reads;
  private UpstreamPool pool;

  private TunnelOptions options = TunnelOptions.NONE;

  @BeforeEach
  void open() {
    visitor = quiet();
    visitor.freezeTime();
    pool = new UpstreamPool(visitor.eventLoop(), TimeUnit.SECONDS.toNanos(2));
    routes.put(
        FOO,
        new Route.Live(
            EdgeFixture.tunnel(
                visitor.eventLoop(), new Endpoint.Http(FOO), upstream, () -> options, visits)));
    Site site =
        new Site(
            EdgeFixture.config(HttpLimits.defaults()), this::route, channel -> {}, loop -> pool);
    visitor
        .pipeline()
        .addLast(
            new ChannelOutboundHandlerAdapter() {
              @Override
              public void read(ChannelHandlerContext ctx) {
                reads++;
                ctx.read();
              }
            });
    VisitorHandler.install(visitor, new Peer(ORIGINATOR, null), null, site);
  }

  private Route route(Hostname name, String target) {
    Route route = routes.getOrDefault(name, new Route.Unknown());
    return route instanceof Route.Live live
            && !((Endpoint.Http) live.tunnel().endpoint()).path().covers(target)
        ? new Route.Unknown()
        : route;
  }

  @AfterEach
  void close() {
    visitor.finishAndReleaseAll();
    upstreams.forEach(EmbeddedChannel::finishAndReleaseAll);
  }

  private static EmbeddedChannel quiet() {
    EmbeddedChannel channel = new EmbeddedChannel();
    channel.config().setAutoRead(false);
    return channel;
  }

  private static ByteBuf octets(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1);
  }

  private static String sent(EmbeddedChannel channel) {
    StringBuilder text = new StringBuilder();
    ByteBuf next;
    while ((next = channel.readOutbound()) != null) {
      text.append(next.toString(StandardCharsets.ISO_8859_1));
      next.release();
    }
    return text.toString();
  }

  private EmbeddedChannel connected(int open) {
    EmbeddedChannel upstream = quiet();
    upstreams.add(upstream);
    opens.get(open).setSuccess(upstream);
    visitor.runPendingTasks();
    return upstream;
  }

  private void after(long seconds) {
    visitor.advanceTimeBy(seconds, TimeUnit.SECONDS);
    visitor.runScheduledPendingTasks();
    visitor.runPendingTasks();
  }

  @Test
  void head_dripped_408AtTenSeconds() {
    visitor.writeInbound(octets("GET / HT"));
    after(9);
    visitor.writeInbound(octets("TP/1.1\r\n"));
    assertThat(sent(visitor)).isEmpty();
    after(1);
    assertThat(sent(visitor))
        .startsWith("HTTP/1.1 408 ")
        .contains("RELAY-408-HEADERS-LATE")
        .contains("connection: close");
    assertThat(visitor.isOpen()).isFalse();
  }

  @Test
  void connection_sendsNothing_closedAtTenSecondsWithoutAWord() {
    after(9);
    assertThat(visitor.isOpen()).isTrue();
    after(1);
    assertThat(visitor.isOpen()).isFalse();
    assertThat(sent(visitor)).isEmpty();
  }

  @Test
  void connection_idleAfterAnswer_closedAt75Seconds() {
    answered();
    after(74);
    assertThat(visitor.isOpen()).isTrue();
    after(1);
    assertThat(visitor.isOpen()).isFalse();
  }

  @Test
  void nextHead_dripped_408TenSecondsAfterItsFirstOctet() {
    answered();
    after(60);
    visitor.writeInbound(octets("G"));
    after(9);
    assertThat(visitor.isOpen()).isTrue();
    after(1);
    assertThat(sent(visitor)).startsWith("HTTP/1.1 408 ");
  }

  @Test
  void answer_headNotThereInAMinute_504() {
    visitor.writeInbound(octets(GET));
    EmbeddedChannel upstream = connected(0);
    after(59);
    upstream.writeInbound(octets("HTTP/1.1 2"));
    assertThat(visitor.isOpen()).isTrue();
    after(1);
    assertThat(sent(visitor)).startsWith("HTTP/1.1 504 ").contains("RELAY-504-NO-ANSWER");
    assertThat(upstream.isOpen()).isFalse();
  }

  @Test
  void answer_ownerRaisedTheLimit_awaitedSoLong() {
    options = options.withUpstreamTimeout(Duration.ofHours(1));
    visitor.writeInbound(octets(GET));
    EmbeddedChannel upstream = connected(0);
    after(3599);
    upstream.writeInbound(octets("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    assertThat(sent(visitor)).startsWith("HTTP/1.1 200 OK\r\n");
  }

  @Test
  void answer_interimOnes_eachBeginsTheTimeAnew() {
    visitor.writeInbound(octets(GET));
    EmbeddedChannel upstream = connected(0);
    for (int i = 0; i < 3; i++) {
      after(59);
      upstream.writeInbound(octets("HTTP/1.1 102 Processing\r\n\r\n"));
    }
    assertThat(sent(visitor)).endsWith("HTTP/1.1 102 Processing\r\n\r\n");
    after(60);
    assertThat(sent(visitor)).startsWith("HTTP/1.1 504 ");
  }

  @Test
  void body_trickles_408() {
    visitor.writeInbound(octets(POST + "Content-Length: 100000\r\n\r\n"));
    EmbeddedChannel upstream = connected(0);
    for (int i = 0; i < 19; i++) {
      after(1);
      visitor.writeInbound(octets("x".repeat(499)));
    }
    assertThat(visitor.isOpen()).isTrue();
    after(1);
    assertThat(sent(visitor)).startsWith("HTTP/1.1 408 ").contains("RELAY-408-BODY-SLOW");
    assertThat(upstream.isOpen()).isFalse();
  }

  @Test
  void body_inPiecesOfOneOctet_eachIsReadAndNoMore() {
    visitor.writeInbound(octets(POST + "Transfer-Encoding: chunked\r\n\r\n"));
    EmbeddedChannel upstream = connected(0);
    String body = "5;a=b\r\nhello\r\n0\r\nA: b\r\n\r\n";
    for (int i = 0; i < body.length(); i++) {
      int before = reads;
      visitor.writeInbound(octets(body.substring(i, i + 1)));
      assertThat(reads).as("reads behind '%s'", body.substring(0, i + 1)).isEqualTo(before + 1);
    }
    assertThat(sent(upstream)).endsWith("\r\n0\r\nA: b\r\n\r\n");
  }

  @Test
  void body_heldBackForTheServicesWord_visitorIsNotWaitedFor() {
    visitor.writeInbound(octets(POST + "Expect: 100-continue\r\nContent-Length: 4\r\n\r\n"));
    EmbeddedChannel upstream = connected(0);
    after(40);
    upstream.writeInbound(octets("HTTP/1.1 102 Processing\r\n\r\n"));
    after(40);
    upstream.writeInbound(octets("HTTP/1.1 100 Continue\r\n\r\n"));
    assertThat(sent(visitor)).endsWith("HTTP/1.1 100 Continue\r\n\r\n");
    after(20);
    assertThat(sent(visitor)).startsWith("HTTP/1.1 408 ").contains("RELAY-408-BODY-SLOW");
  }

  @Test
  void body_heldBackForAWordThatNeverComes_504() {
    visitor.writeInbound(octets(POST + "Expect: 100-continue\r\nContent-Length: 4\r\n\r\n"));
    connected(0);
    after(60);
    assertThat(sent(visitor)).startsWith("HTTP/1.1 504 ").contains("RELAY-504-NO-ANSWER");
  }

  @Test
  void body_notHeldBackThoughSoAnnounced_isWaitedForAsAnyOther() {
    visitor.writeInbound(octets(POST + "Expect: 100-continue\r\nContent-Length: 4\r\n\r\n"));
    connected(0);
    after(40);
    visitor.writeInbound(octets("a"));
    after(20);
    assertThat(sent(visitor)).startsWith("HTTP/1.1 408 ").contains("RELAY-408-BODY-SLOW");
  }

  @Test
  void body_atTheLeastRate_goesOnForEver() {
    visitor.writeInbound(octets(POST + "Content-Length: 100000\r\n\r\n"));
    EmbeddedChannel upstream = connected(0);
    for (int i = 0; i < 10; i++) {
      after(19);
      visitor.writeInbound(octets("x".repeat(10000)));
    }
    upstream.writeInbound(octets("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    assertThat(sent(visitor)).startsWith("HTTP/1.1 200 OK\r\n");
  }

  @Test
  void answer_pausesForAnHour_nothingCut() {
    visitor.writeInbound(octets(GET));
    EmbeddedChannel upstream = connected(0);
    after(59);
    upstream.writeInbound(octets("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
    after(3600);
    upstream.writeInbound(octets("1\r\na\r\n"));
    assertThat(sent(visitor)).endsWith("\r\n\r\n1\r\na\r\n");
    assertThat(visitor.isOpen()).isTrue();
  }

  private void answered() {
    visitor.writeInbound(octets(GET));
    EmbeddedChannel upstream = connected(0);
    upstream.writeInbound(octets("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    assertThat(sent(visitor)).startsWith("HTTP/1.1 200 OK\r\n");
  }

  @Test
  void request_knownTunnel_toldWhoAsksAndVisitTold() {
    answered();
    assertThat(sent(upstreams.get(0)))
        .startsWith("GET / HTTP/1.1\r\nHost: foo.localhost\r\n")
        .contains("X-Forwarded-For: 192.0.2.7\r\n");
    assertThat(visits).extracting(Visit::originator).containsExactly("192.0.2.7");
  }

  @Test
  void open_refused_pageWithItsCode() {
    visitor.writeInbound(octets(GET));
    opens
        .get(0)
        .setFailure(
            new UpstreamException(new Refusal(RefusalCode.H504_NO_CHANNEL, "no answer in 10 s")));
    visitor.runPendingTasks();
    assertThat(sent(visitor)).startsWith("HTTP/1.1 504 ").contains("RELAY-504-NO-CHANNEL");
    assertThat(visitor.isOpen()).isTrue();
    assertThat(visits).extracting(Visit::status).containsExactly(504);
  }

  @Test
  void visitor_leavesDuringOpen_openCancelled() {
    visitor.writeInbound(octets(GET));
    visitor.close();
    assertThat(opens.get(0).isCancelled()).isTrue();
    assertThat(visits).extracting(Visit::status).containsExactly(0);
  }

  @Test
  void pool_lastUsedFirst_trimmedAfterTwoSeconds() {
    answered();
    assertThat(pool.size()).isEqualTo(1);
    after(1);
    visitor.writeInbound(octets(GET));
    assertThat(pool.size()).isZero();
    upstreams.get(0).writeInbound(octets("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    assertThat(opens).hasSize(1);
    after(1);
    assertThat(pool.size()).isEqualTo(1);
    after(1);
    assertThat(pool.size()).isZero();
    assertThat(upstreams.get(0).isOpen()).isFalse();
  }

  @Test
  void pooledConnection_unaskedOctetsOrEnd_notUsedAgain() {
    answered();
    upstreams.get(0).writeInbound(octets("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"));
    assertThat(pool.size()).isZero();
    assertThat(upstreams.get(0).isOpen()).isFalse();
    visitor.writeInbound(octets(GET));
    EmbeddedChannel second = connected(1);
    second.writeInbound(octets("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    assertThat(sent(visitor)).doesNotContain("evil");
    second.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
    assertThat(pool.size()).isZero();
  }

  @Test
  void upstreamInactive_withoutEndOfInput_isNoEnd() {
    visitor.writeInbound(octets(GET));
    EmbeddedChannel upstream = connected(0);
    upstream.writeInbound(octets("HTTP/1.1 200 OK\r\n\r\nhalf"));
    upstream.close();
    assertThat(sent(visitor)).endsWith("\r\n4\r\nhalf\r\n");
    assertThat(visitor.isOpen()).isFalse();
  }

  @Test
  void upstreamEndOfInput_unknownLength_isTheEnd() {
    visitor.writeInbound(octets(GET));
    EmbeddedChannel upstream = connected(0);
    upstream.writeInbound(octets("HTTP/1.1 200 OK\r\n\r\nwhole"));
    upstream.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
    assertThat(sent(visitor)).endsWith("\r\n5\r\nwhole\r\n0\r\n\r\n");
    assertThat(visitor.isOpen()).isTrue();
    assertThat(pool.size()).isZero();
  }

  @Test
  void tunnelGone_beforeAnswer_503Not502() {
    visitor.writeInbound(octets(GET));
    EmbeddedChannel upstream = connected(0);
    routes.clear();
    upstream.close();
    assertThat(sent(visitor)).startsWith("HTTP/1.1 503 ").contains("RELAY-503-OFFLINE");
  }

  @Test
  void serviceBelowAPath_closesBeforeAnswer_502ThoughThePathIsStripped() {
    options = options.withStripPath(true);
    Endpoint.Http api = new Endpoint.Http(FOO, PathPrefix.of("/api"));
    routes.put(
        FOO,
        new Route.Live(
            EdgeFixture.tunnel(visitor.eventLoop(), api, upstream, () -> options, visits)));
    visitor.writeInbound(octets("GET /api/x HTTP/1.1\r\nHost: foo.localhost\r\n\r\n"));
    EmbeddedChannel service = connected(0);
    assertThat(sent(service)).startsWith("GET /x HTTP/1.1\r\n");
    service.close();
    assertThat(sent(visitor)).startsWith("HTTP/1.1 502 ").contains("RELAY-502-CLOSED-EARLY");
  }

  @Test
  void pooledConnection_staleWhileBodyIsAwaited_notAskedAgain() {
    answered();
    visitor.writeInbound(
        octets("PUT / HTTP/1.1\r\nHost: foo.localhost\r\nContent-Length: 3\r\n\r\n"));
    upstreams.get(0).close();
    assertThat(opens).hasSize(1);
    assertThat(sent(visitor)).startsWith("HTTP/1.1 502 ");
  }

  @Test
  void pooledConnection_stale_askedOnceMoreAndNoMore() {
    answered();
    visitor.writeInbound(octets(GET));
    upstreams.get(0).close();
    connected(1).close();
    assertThat(opens).hasSize(2);
    assertThat(sent(visitor)).startsWith("HTTP/1.1 502 ").contains("RELAY-502-CLOSED-EARLY");
  }

  @Test
  void answer_ofHttp10Service_connectionNotReused() {
    visitor.writeInbound(octets(GET));
    connected(0).writeInbound(octets("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    assertThat(sent(visitor)).startsWith("HTTP/1.1 200 OK\r\n").endsWith("ok");
    assertThat(pool.size()).isZero();
    assertThat(visitor.isOpen()).isTrue();
  }

  @Test
  void unknownName_toHead_pageWithoutItsBody() {
    visitor.writeInbound(octets("HEAD / HTTP/1.1\r\nHost: x.localhost\r\n\r\n"));
    assertThat(sent(visitor)).startsWith("HTTP/1.1 404 ").endsWith("\r\n\r\n");
    assertThat(visitor.isOpen()).isTrue();
  }

  @Test
  void leave_duringRequest_answeredThenClosed() {
    visitor.writeInbound(octets(GET));
    EmbeddedChannel upstream = connected(0);
    visitor.pipeline().fireUserEventTriggered(VisitorHandler.Order.LEAVE);
    assertThat(visitor.isOpen()).isTrue();
    upstream.writeInbound(octets("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    assertThat(sent(visitor)).contains("connection: close\r\n").endsWith("ok");
    assertThat(visitor.isOpen()).isFalse();
  }

  @Test
  void leave_whenIdle_closedAtOnce() {
    visitor.pipeline().fireUserEventTriggered(VisitorHandler.Order.LEAVE);
    assertThat(visitor.isOpen()).isFalse();
  }

  @Test
  void http10_keepAliveAsked_kept() {
    visitor.writeInbound(
        octets("GET / HTTP/1.0\r\nHost: foo.localhost\r\nConnection: keep-alive\r\n\r\n"));
    EmbeddedChannel upstream = connected(0);
    upstream.writeInbound(octets("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    assertThat(sent(visitor)).contains("connection: keep-alive\r\n");
    assertThat(visitor.isOpen()).isTrue();
  }
}
