package relay.server.tunnel;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Endpoint;
import relay.common.endpoint.Hostname;
import relay.common.endpoint.Refusal;
import relay.server.auth.Identity;

/** A session that shows life, or does not. */
final class FakeHolder implements Holder {

  private final String name;
  private final Identity identity;
  private final @Nullable EventLoop loop;
  final BlockingQueue<Tunnel> lost = new LinkedBlockingQueue<>();
  final BlockingQueue<Refusal> ended = new LinkedBlockingQueue<>();
  volatile boolean alive = true;

  FakeHolder(String name, String identity, @Nullable EventLoop loop) {
    this(name, new Identity("SHA256:" + identity, identity), loop);
  }

  /** One of who has neither key nor token. */
  static FakeHolder anonymous(String name, String source) {
    return new FakeHolder(
        name, new Identity("anonymous:" + name, "anonymous", "anonymous@" + source), null);
  }

  private FakeHolder(String name, Identity identity, @Nullable EventLoop loop) {
    this.name = name;
    this.identity = identity;
    this.loop = loop;
  }

  FakeHolder(String name, String identity) {
    this(name, identity, null);
  }

  Tunnel http(String host) {
    return tunnel(new Endpoint.Http(Hostname.of(host)));
  }

  Tunnel tunnel(Endpoint endpoint) {
    return new Tunnel(endpoint, this, NOWHERE, () -> TunnelOptions.NONE, (tunnel, visit) -> {});
  }

  static final Upstream NOWHERE =
      (on, originator, destination) -> {
        throw new AssertionError("nobody visits");
      };

  @Override
  public Identity identity() {
    return identity;
  }

  @Override
  public EventLoop eventLoop() {
    if (loop == null) {
      throw new AssertionError("the registry needs no loop");
    }
    return loop;
  }

  @Override
  public Future<Boolean> probe(Duration limit) {
    Promise<Boolean> answer = eventLoop().newPromise();
    if (alive) {
      answer.setSuccess(true);
    } else {
      eventLoop().schedule(() -> answer.setSuccess(false), limit.toMillis(), TimeUnit.MILLISECONDS);
    }
    return answer;
  }

  @Override
  public boolean isSilent() {
    return !alive;
  }

  @Override
  public void lost(Tunnel tunnel, Refusal why) {
    lost.add(tunnel);
  }

  @Override
  public void end(Refusal why) {
    ended.add(why);
  }

  @Override
  public String toString() {
    return name;
  }
}
