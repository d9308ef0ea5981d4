package relay.server.edge.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.common.http.Fields;
import relay.common.http.Forwarded;
import relay.common.http.FramingGuard;
import relay.common.http.RequestHead;
import relay.common.http.Upgrade;
import relay.server.tunnel.Tunnel;
import relay.server.tunnel.TunnelOptions;
import relay.server.tunnel.UpstreamException;
import relay.server.tunnel.Visit;

/**
 * One request and its answer, streamed. Each direction reads on only when what it read was written
 * to the other side, so a slow reader holds one read's worth and the SSH window does the rest.
 *
 * <p>The end of the visitor's message is made from nothing but the end of a complete upstream
 * message. Whatever else happens after the answer began closes the visitor's connection without it.
 *
 * <p>All on the visitor's event loop, which may become another one before {@link #start}. It ends
 * once ({@link #over}); events that come later find nobody.
 */
final class Exchange {

  /** An answer has one or two interim ones before it; a flood of them is an attack. */
  private static final int MAX_INTERIM = 32;

  private static final int CONTINUE = 100;
  private static final int SWITCHING_PROTOCOLS = 101;

  /** RFC 9110 §9.2.2. */
  private static final Set<HttpMethod> IDEMPOTENT =
      Set.of(
          HttpMethod.GET,
          HttpMethod.HEAD,
          HttpMethod.OPTIONS,
          HttpMethod.TRACE,
          HttpMethod.PUT,
          HttpMethod.DELETE);

  private final VisitorHandler visitor;
  private final RequestHead head;
  private final Tunnel tunnel;
  private final @Nullable Upgrade upgrade;
  private final Forwarded visit;
  private final TunnelOptions options;
  private final VisitHeaders headers;
  private final Patience patience;
  private final boolean toHead;
  private final boolean visitorKeepsAlive;
  private final String target;
  private final long startedAt;

  private @Nullable Future<Channel> opening;
  private @Nullable UpstreamHandler upstream;
  private @Nullable UpstreamHandler listenedTo;
  private boolean over;
  private long bodyOctets;

  private boolean reused;
  private boolean retried;
  private boolean bodyBegun;
  private boolean bodyAwaited;
  private boolean bodySent;
  private boolean bodyHeldBack;
  private boolean requestDone;
  private boolean requestFlushed;
  private boolean unflushed;

  private int status;
  private int interims;
  private boolean inInterim;
  private boolean answerBegun;
  private boolean answerDone;
  private boolean endedByClose;
  private boolean upstreamKeepsAlive;
  private boolean keepAlive;
  private @Nullable String switchingTo;

  /**
   * @param visit who asks, and by which URL
   */
  Exchange(VisitorHandler visitor, RequestHead head, Forwarded visit, Tunnel tunnel) {
    this.visitor = visitor;
    this.head = head;
    this.tunnel = tunnel;
    this.visit = visit;
    options = tunnel.options();
    headers = new VisitHeaders(visit, visitor.site().config().domain(), tunnel, options);
    patience = new Patience(visitor, options.upstreamTimeout());
    upgrade = Upgrade.of(head);
    toHead = head.method().equals(HttpMethod.HEAD);
    visitorKeepsAlive = HttpUtil.isKeepAlive(head);
    target = head.uri();
    startedAt = visitor.nanoTime();
    bodyHeldBack = HttpUtil.is100ContinueExpected(head);
  }

  void start() {
    headers.request(head, upgrade);
    UpstreamHandler idle = isPooled() ? visitor.pool().take(tunnel) : null;
    if (idle == null) {
      connect();
    } else {
      reused = true;
      attach(idle);
    }
  }

  /** A connection that begins with one visitor's address is no other's. */
  private boolean isPooled() {
    return options.proxyProtocol() == 0;
  }

  /** Whether the body is asked for and not whole. */
  boolean isReadingBody() {
    return bodyBegun && !requestDone;
  }

  // Towards the service.

  private void connect() {
    Future<Channel> channel =
        tunnel.upstream().connect(visitor.pool().loop(), visit.client(), visitor.destination());
    opening = channel;
    channel.addListener(ignored -> opened(channel));
  }

  private void opened(Future<Channel> channel) {
    opening = null;
    if (over) {
      if (channel.isSuccess()) {
        channel.getNow().close();
      }
    } else if (channel.isSuccess()) {
      attach(UpstreamHandler.install(tunnel, visitor.pool(), channel.getNow()));
      requestBatch();
    } else if (channel.cause() instanceof UpstreamException refused) {
      fail(refused.refusal());
    } else {
      fail(new Refusal(RefusalCode.H503_OFFLINE, "the tunnel could not be reached"));
    }
  }

  private void attach(UpstreamHandler connection) {
    upstream = connection;
    connection.begin(this, toHead);
    connection.write(head);
    if (requestDone) {
      connection.write(LastHttpContent.EMPTY_LAST_CONTENT);
    }
    unflushed = true;
  }

  /** A piece of the request's body. */
  void requestContent(HttpContent content) {
    boolean last = content instanceof LastHttpContent;
    requestDone |= last;
    bodyAwaited = false;
    bodyHeldBack = false;
    int octets = content.content().readableBytes();
    patience.received(octets);
    bodyOctets += octets;
    if (upstream == null || over) {
      content.release(); // before the connection is there: only the end of an empty body comes
      return;
    }
    if (content instanceof LastHttpContent end) {
      Fields.cleanTrailers(end.trailingHeaders());
    }
    Refusal tooLarge = visitor.site().limits().bodies().refusal(bodyOctets);
    if (tooLarge != null) {
      content.release();
      fail(tooLarge);
      return;
    }
    bodySent |= octets > 0;
    upstream.write(content);
    unflushed = true;
  }

  /** All that the visitor's connection had to give for now was passed in. */
  void requestBatch() {
    UpstreamHandler connection = upstream;
    if (connection != null && !over && unflushed) {
      unflushed = false;
      ChannelFuture flushed = connection.flush();
      if (flushed.isDone()) {
        requestWritten(flushed, requestDone);
      } else {
        patience.awaitService();
        boolean whole = requestDone;
        flushed.addListener(done -> requestWritten(done, whole));
      }
      if (listenedTo != connection && upstream == connection) {
        listenedTo = connection;
        connection.read(); // an answer may come while the body is still on its way
      }
    } else if (bodyAwaited && !over) {
      visitor.readBody(); // what came was a part of a chunk's line
    }
  }

  private void requestWritten(Future<?> written, boolean whole) {
    if (over) {
      return;
    }
    if (!written.isSuccess()) {
      if (upstream != null) {
        upstream.fail();
      }
      return;
    }
    requestFlushed |= whole;
    if (requestDone) {
      patience.awaitService();
      visitor.watch();
    } else {
      if (!bodyBegun) {
        bodyBegun = true;
        visitor.resume();
      }
      if (!over && !requestDone) {
        if (bodyHeldBack) {
          patience.awaitService(); // the visitor waits for its 100, and is not waited for
        } else {
          patience.awaitVisitor();
        }
        bodyAwaited = true;
        visitor.readBody();
      }
    }
  }

  // Towards the visitor.

  void answerHead(HttpResponse answer) {
    if (over) {
      ReferenceCountUtil.release(answer);
      return;
    }
    String fault = FramingGuard.fault(answer);
    int code = answer.status().code();
    if (fault == null && code == SWITCHING_PROTOCOLS) {
      switchingTo = upgrade == null || !requestDone ? null : upgrade.grantedBy(answer);
      fault = switchingTo == null ? "it switches to a protocol that nobody asked for" : null;
    }
    if (fault == null && code < 200 && ++interims > MAX_INTERIM) {
      fault = "it has more than " + MAX_INTERIM + " interim answers";
    }
    if (fault != null) {
      ReferenceCountUtil.release(answer);
      String message = "the local service's answer is not HTTP/1.1: " + fault;
      fail(new Refusal(RefusalCode.H502_BAD_ANSWER, message));
      return;
    }
    if (code >= 200) {
      finalHead(answer, code);
    } else {
      headers.answer(answer.headers());
      inInterim = true;
      if (bodyHeldBack && code == CONTINUE) {
        bodyHeldBack = false;
        patience.awaitVisitor();
      } else if (requestDone || bodyHeldBack) {
        patience.awaitService(); // it lives, and takes its time anew
      }
      if (switchingTo != null) {
        status = code;
        answerBegun = true;
        patience.answered();
        answer.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE);
        answer.headers().set(HttpHeaderNames.UPGRADE, switchingTo);
      }
      if (!head.isHttp10()) {
        answer.setProtocolVersion(HttpVersion.HTTP_1_1);
        visitor.write(answer);
      }
    }
  }

  private void finalHead(HttpResponse answer, int code) {
    long length = FramingGuard.length(answer);
    boolean bodyless = toHead || code == 204 || code == 304;
    upstreamKeepsAlive =
        HttpUtil.isKeepAlive(answer) && (bodyless || length != FramingGuard.UNTIL_END);
    endedByClose = !bodyless && length < 0 && head.isHttp10();
    keepAlive = visitorKeepsAlive && requestDone && !visitor.isLeaving() && !endedByClose;
    headers.answer(answer.headers());
    HttpHeaders fields = answer.headers();
    if (length >= 0 && code != 204) {
      fields.set(HttpHeaderNames.CONTENT_LENGTH, Long.toString(length));
    } else if (!bodyless && !endedByClose) {
      fields.set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
    }
    VisitHeaders.connection(fields, keepAlive, head.isHttp10());
    answer.setProtocolVersion(HttpVersion.HTTP_1_1);
    status = code;
    answerBegun = true;
    patience.answered();
    visitor.write(answer);
  }

  void answerContent(HttpContent content) {
    if (over) {
      content.release();
    } else if (!content.decoderResult().isSuccess()) {
      content.release();
      cut();
    } else if (inInterim) {
      inInterim = false;
      if (!head.isHttp10()) {
        visitor.write(content);
      } else {
        content.release();
      }
    } else {
      if (content instanceof LastHttpContent end) {
        answerDone = true;
        Fields.cleanTrailers(end.trailingHeaders());
      }
      visitor.write(content);
    }
  }

  /** All that the upstream connection had to give for now was passed in. */
  void answerBatch() {
    if (over) {
      return;
    }
    if (switchingTo != null) {
      switchOver();
      return;
    }
    ChannelFuture flushed = visitor.flush();
    if (flushed.isDone()) {
      answerWritten(flushed);
    } else {
      patience.awaitReader();
      flushed.addListener(this::answerWritten);
    }
  }

  private void answerWritten(Future<?> written) {
    if (over) {
      return;
    }
    if (!written.isSuccess()) {
      visitor.cut(false);
      abandon();
    } else if (answerDone) {
      finish();
    } else if (upstream != null) {
      patience.taken();
      upstream.read();
    }
  }

  /** The visitor takes the answer as fast as it comes. */
  void readsFast() {
    visitor.readsFast();
  }

  /** The visitor's deadline was reached. */
  void late() {
    patience.late(
        this::fail,
        () -> {
          visitor.cut(true);
          abandon();
        });
  }

  /** The upstream connection's input ended or it closed; what came before it was passed in. */
  void upstreamEnded() {
    if (over || answerDone) {
      return;
    }
    boolean again =
        reused
            && !retried
            && !bodySent
            && (requestDone || !bodyBegun)
            && IDEMPOTENT.contains(head.method())
            && upstream != null
            && !upstream.hasAnswered();
    if (again) {
      retried = true;
      detach();
      connect();
    } else if (answerBegun) {
      cut();
    } else if (visitor.site().leadsTo(tunnel, head)) {
      fail(
          new Refusal(
              RefusalCode.H502_CLOSED_EARLY,
              "the local service closed the connection before it answered"));
    } else {
      fail(new Refusal(RefusalCode.H503_OFFLINE, "the tunnel went away before it answered"));
    }
  }

  // Ends.

  private void finish() {
    over();
    UpstreamHandler connection = upstream;
    if (connection != null) {
      upstream = null;
      if (isPooled()
          && requestDone
          && requestFlushed
          && upstreamKeepsAlive
          && connection.isClean()) {
        connection.rest();
      } else {
        connection.close();
      }
    }
    visitor.finished(keepAlive);
  }

  private void switchOver() {
    UpstreamHandler connection = upstream;
    if (connection != null) {
      over();
      upstream = null;
      visitor.flush();
      visitor.splice(connection);
    }
  }

  /** No answer can be had: a page says why, unless a part of an answer went out already. */
  private void fail(Refusal why) {
    if (answerBegun) {
      cut();
      return;
    }
    status = why.code().status();
    over();
    detach();
    visitor.refuse(why, head, visitorKeepsAlive && (requestDone || head.length() == 0));
  }

  /** The rest of the request's body cannot be understood. */
  void requestBroken(Refusal why) {
    if (!over) {
      fail(why);
    }
  }

  private void cut() {
    over();
    detach();
    visitor.cut(endedByClose);
  }

  /** The visitor has gone, or sent what cannot be understood: nobody waits for an answer. */
  void abandon() {
    if (!over) {
      over();
      if (opening != null) {
        opening.cancel(false);
      }
      detach();
    }
  }

  private void over() {
    over = true;
    String address = Forwarded.text(visit.client());
    long took = visitor.nanoTime() - startedAt;
    tunnel.visits().visit(tunnel, new Visit(address, head.method().name(), target, status, took));
  }

  private void detach() {
    UpstreamHandler connection = upstream;
    if (connection != null) {
      upstream = null;
      connection.close();
    }
  }
}
