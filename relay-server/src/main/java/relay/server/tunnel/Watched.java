package relay.server.tunnel;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** An upstream whose opens are told to its health; those that nobody waits for any more are not. */
record Watched(Upstream upstream, Health health) implements Upstream {

  @Override
  public Future<Channel> connect(
      EventLoop loop, InetSocketAddress originator, @Nullable InetSocketAddress destination) {
    health.asked();
    Future<Channel> opening = upstream.connect(loop, originator, destination);
    opening.addListener(opened -> {
      if (opened.isCancelled()) {
        health.givenUp();
      } else {
        health.answered(opened.isSuccess());
      }
    });
    return opening;
  }

  @Override
  public boolean isTls() {
    return upstream.isTls();
  }
}
