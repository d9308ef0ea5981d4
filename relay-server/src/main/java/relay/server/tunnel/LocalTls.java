package relay.server.tunnel;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Hostname;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;

/**
 * TLS to a local service that speaks it, inside the stream. The certificate is not verified: it
 * travels in a session that is, and a local service rarely has one that could be.
 */
public final class LocalTls implements Upstream {

  private static final Duration HANDSHAKE = Duration.ofSeconds(10);

  private final Upstream raw;
  private final Hostname serverName;
  private final SslContext context;

  private LocalTls(Upstream raw, Hostname serverName, SslContext context) {
    this.raw = raw;
    this.serverName = serverName;
    this.context = context;
  }

  /** What TLS needs once for all tunnels. */
  public static SslContext context() {
    try {
      return SslContextBuilder.forClient()
          .trustManager(InsecureTrustManagerFactory.INSTANCE)
          .protocols("TLSv1.3", "TLSv1.2")
          .endpointIdentificationAlgorithm(null)
          .applicationProtocolConfig(
              new ApplicationProtocolConfig(
                  Protocol.ALPN,
                  SelectorFailureBehavior.NO_ADVERTISE,
                  SelectedListenerFailureBehavior.ACCEPT,
                  ApplicationProtocolNames.HTTP_1_1))
          .build();
    } catch (SSLException e) {
      throw new IllegalStateException("every Java platform has TLS 1.2", e);
    }
  }

  /**
   * @param serverName what the local service is asked for by name (RFC 6066 §3)
   */
  public static Upstream over(Upstream raw, Hostname serverName, SslContext context) {
    return new LocalTls(raw, serverName, context);
  }

  @Override
  public boolean isTls() {
    return true;
  }

  @Override
  public Future<Channel> connect(
      EventLoop loop, InetSocketAddress originator, @Nullable InetSocketAddress destination) {
    Promise<Channel> result = loop.newPromise();
    raw.connect(loop, originator, destination)
        .addListener((Future<Channel> connected) -> {
          if (!connected.isSuccess()) {
            result.tryFailure(connected.cause());
            return;
          }
          handshake(connected.getNow(), result);
        });
    return result;
  }

  private void handshake(Channel channel, Promise<Channel> result) {
    SSLEngine engine = context.newEngine(channel.alloc());
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setServerNames(List.of(new SNIHostName(serverName.value())));
    engine.setSSLParameters(parameters);
    SslHandler tls = new SslHandler(engine);
    tls.setHandshakeTimeoutMillis(HANDSHAKE.toMillis());
    channel.pipeline().addLast(tls);
    channel.read();
    tls.handshakeFuture()
        .addListener(done -> {
          if (done.isSuccess() && result.trySuccess(channel)) {
            return;
          }
          channel.close();
          result.tryFailure(
              new UpstreamException(
                  new Refusal(
                      RefusalCode.H502_BAD_ANSWER,
                      "the local service did not complete a TLS handshake; -R 80: is for one"
                          + " that speaks plain HTTP")));
        });
  }
}
