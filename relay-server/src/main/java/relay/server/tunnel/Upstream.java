package relay.server.tunnel;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** Where bytes go: towards the local service. An SSH session's, later also another node's. */
public interface Upstream {

  /**
   * Opens one stream. Any thread.
   *
   * <p>The channel lives on {@code loop}, is active, has auto-read off and an empty pipeline: add
   * handlers, then call {@code read()}. Bytes that were read count as written on when {@code
   * read()} is called the next time; only then the far side may send more. An end of input arrives
   * as {@code ChannelInputShutdownEvent}; {@code channelInactive} without it is a cut.
   *
   * @param loop the event loop on which the channel and the future's listeners run
   * @param originator the visitor's address, as the owner's client is told it (RFC 4254 §7.2)
   * @param destination the public address that the visitor connected to; null where there is none
   * @return fails with an {@link UpstreamException}; cancelling it abandons the stream
   */
  Future<Channel> connect(
      EventLoop loop, InetSocketAddress originator, @Nullable InetSocketAddress destination);

  /** Whether the stream is encrypted towards the local service: its URLs begin with https. */
  default boolean isTls() {
    return false;
  }
}
