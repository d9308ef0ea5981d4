package relay.server.ssh;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.common.stream.OpenRefused;
import relay.common.stream.SshConnection;
import relay.common.stream.SshStreamChannel;
import relay.server.tunnel.Upstream;
import relay.server.tunnel.UpstreamException;

/** A forward's way to the local service: a channel a visitor, as RFC 4254 §7.2 has it. */
final class ForwardedUpstream implements Upstream {

  private final SshConnection connection;
  private volatile Asked asked;

  /**
   * @param asked by which the client knows its forward again
   */
  ForwardedUpstream(SshConnection connection, Asked asked) {
    this.connection = connection;
    this.asked = asked;
  }

  void allocated(int port) {
    asked = asked.at(port);
  }

  @Override
  public Future<Channel> connect(
      EventLoop loop, InetSocketAddress originator, @Nullable InetSocketAddress destination) {
    Promise<Channel> result = loop.newPromise();
    Asked forward = asked;
    connection
        .open(loop, forward.channelType(), packet -> forward.writeChannel(packet, originator))
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
