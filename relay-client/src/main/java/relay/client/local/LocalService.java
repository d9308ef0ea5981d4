package relay.client.local;

import io.netty.channel.Channel;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The service that is exposed. It may listen on one family only, as many development servers do:
 * for {@code localhost} both loopbacks are tried, and the one that answered last comes first.
 *
 * <p>All on the dialer's event loop.
 */
public final class LocalService {

  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  private final Dialer dialer;
  private final LocalAddress address;
  private final Consumer<State> listener;
  private @Nullable InetSocketAddress answered;
  private @Nullable String trouble;

  /**
   * How the service is.
   *
   * @param up whether the service answers
   * @param line what to tell a person
   */
  public record State(boolean up, String line) {}

  /**
   * Connects to nothing yet.
   *
   * @param listener told once when the service stops answering, and once when it answers again
   */
  public LocalService(Dialer dialer, LocalAddress address, Consumer<State> listener) {
    this.dialer = dialer;
    this.address = address;
    this.listener = listener;
  }

  /** Connects: as {@link Dialer#dial}; a failure's message is a few words for a person. */
  public Future<Channel> connect() {
    Promise<Channel> connected = dialer.loop().newPromise();
    addresses()
        .addListener((Future<List<InetSocketAddress>> found) -> {
          if (found.isSuccess()) {
            dialer
                .dial(lastFirst(found.getNow()), TIMEOUT)
                .addListener((Future<Channel> dialed) -> dialed(dialed, connected));
          } else {
            failed(found.cause(), connected);
          }
        });
    return connected;
  }

  private Future<List<InetSocketAddress>> addresses() {
    if (address.host().equals("localhost")) {
      return dialer.loop().newSucceededFuture(bothLoopbacks());
    }
    return dialer.blocking(() -> Dialer.resolve(address.host(), address.port()));
  }

  private List<InetSocketAddress> bothLoopbacks() {
    return List.of(
        new InetSocketAddress(NetUtil.LOCALHOST4, address.port()),
        new InetSocketAddress(NetUtil.LOCALHOST6, address.port()));
  }

  private List<InetSocketAddress> lastFirst(List<InetSocketAddress> found) {
    List<InetSocketAddress> order = new ArrayList<>(found);
    if (answered != null && order.remove(answered)) {
      order.add(0, answered);
    }
    return order;
  }

  private void dialed(Future<Channel> dialed, Promise<Channel> connected) {
    if (!dialed.isSuccess()) {
      failed(dialed.cause(), connected);
      return;
    }
    answered = (InetSocketAddress) dialed.getNow().remoteAddress();
    if (trouble != null) {
      trouble = null;
      listener.accept(new State(true, "local service " + address + " answers again"));
    }
    if (!connected.trySuccess(dialed.getNow())) {
      dialed.getNow().close();
    }
  }

  private void failed(Throwable cause, Promise<Channel> connected) {
    String words = ConnectFailure.words(cause);
    if (!words.equals(trouble)) {
      trouble = words;
      listener.accept(new State(false, "local service " + address + ": " + words));
    }
    connected.tryFailure(cause);
  }
}
