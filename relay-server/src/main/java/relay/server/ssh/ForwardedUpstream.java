package relay.server.ssh;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.common.ssh.ForwardedTcpip;
import relay.common.stream.OpenRefused;
import relay.common.stream.SshConnection;
import relay.common.stream.SshStreamChannel;
import relay.server.tunnel.Upstream;
import relay.server.tunnel.UpstreamException;

/** A forward's way to the local service: a {@code forwarded-tcpip} channel a visitor. */
final class ForwardedUpstream implements Upstream {

  private final SshConnection connection;
  private final String host;
  private volatile long port;

  /**
   * @param host as the client sent it: it recognises its forward by this and the port
   * @param port the port that was asked for; 0 is replaced once one is allocated
   */
  ForwardedUpstream(SshConnection connection, String host, long port) {
    this.connection = connection;
    this.host = host;
    this.port = port;
  }

  void allocated(int allocatedPort) {
    port = allocatedPort;
  }

  @Override
  public Future<Channel> connect(
      EventLoop loop, InetSocketAddress originator, @Nullable InetSocketAddress destination) {
    Promise<Channel> result = loop.newPromise();
    ForwardedTcpip details =
        new ForwardedTcpip(
            host, port, originator.getAddress().getHostAddress(), originator.getPort());
    connection
        .open(loop, ForwardedTcpip.TYPE, details::write)
        .addListener((Future<SshStreamChannel> opened) -> {
          if (!opened.isSuccess()) {
            result.tryFailure(new UpstreamException(refusal(opened.cause())));
          } else if (!result.trySuccess(opened.getNow())) {
            opened.getNow().close();
          }
        });
    return result;
  }

  private static Refusal refusal(Throwable cause) {
    OpenRefused.Reason reason =
        cause instanceof OpenRefused refused ? refused.reason() : OpenRefused.Reason.CLOSED;
    return switch (reason) {
      case REFUSED ->
          new Refusal(
              RefusalCode.H502_NOTHING_LISTENING, "the local service does not take connections");
      case NO_ANSWER ->
          new Refusal(RefusalCode.H504_NO_CHANNEL, "the tunnel's client does not answer");
      case TOO_MANY ->
          new Refusal(RefusalCode.H503_BUSY, "the tunnel has as many visitors as it may have");
      case CLOSED -> new Refusal(RefusalCode.H503_OFFLINE, "the tunnel's client has gone");
    };
  }
}
