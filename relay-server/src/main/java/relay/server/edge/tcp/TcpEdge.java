package relay.server.edge.tcp;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.netty.util.concurrent.PromiseCombiner;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import relay.common.endpoint.Endpoint;
import relay.common.stream.Transport;
import relay.server.tunnel.PortListeners;
import relay.server.tunnel.Tunnel;

/**
 * The public TCP ports of the tunnels. All state belongs to one event loop, so that what is opened,
 * taken over and closed on one port happens in the order in which it was asked.
 */
public final class TcpEdge implements PortListeners {

  private final Transport transport;
  private final PortBootstrap bootstrap;
  private final EventLoop loop;
  private final Map<Integer, Port> ports = new ConcurrentHashMap<>();

  /**
   * @param loop which keeps the order; each listener is on its tunnel's own
   */
  public TcpEdge(EventLoop loop, Transport transport) {
    this.transport = transport;
    this.loop = loop;
    this.bootstrap = new PortBootstrap(transport);
  }

  /** One port: its listener, if it has one now, and what waits until a change of it is done. */
  private static final class Port {
    private final Queue<Runnable> waiting = new ArrayDeque<>();
    private boolean changing;
    private List<InetSocketAddress> addresses = List.of();
    private List<Channel> listeners = List.of();
    private PortBootstrap.Target target = new PortBootstrap.Target();
  }

  @Override
  public Future<?> open(Tunnel tunnel, List<InetSocketAddress> addresses) {
    Promise<Void> result = loop.newPromise();
    inTurn(tunnel, port -> open(port, tunnel, addresses, result));
    return result;
  }

  @Override
  public void close(Tunnel tunnel) {
    inTurn(
        tunnel,
        port -> {
          if (port.target.tunnel == tunnel) {
            port.target.tunnel = null;
            unbind(port, () -> done(tunnel, port));
          } else {
            done(tunnel, port);
          }
        });
  }

  /** Closes every listener; visitors that are there go on, and so do the tunnels. */
  public Future<?> stopAccepting() {
    Promise<Void> result = loop.newPromise();
    loop.execute(() -> {
      PromiseCombiner all = new PromiseCombiner(loop);
      for (Port port : ports.values()) {
        Tunnel tunnel = port.target.tunnel;
        if (tunnel != null) {
          Promise<Void> closed = loop.newPromise();
          all.add((Future<?>) closed);
          inTurn(
              tunnel,
              p ->
                  unbind(
                      p,
                      () -> {
                        closed.setSuccess(null);
                        done(tunnel, p);
                      }));
        }
      }
      all.finish(result);
    });
    return result;
  }

  /** How many ports are listened on or being changed. Any thread. */
  public int portCount() {
    return ports.size();
  }

  private interface Change {
    /** Changes the port, and ends with {@link #done}. */
    void on(Port port);
  }

  private void inTurn(Tunnel tunnel, Change change) {
    loop.execute(() -> {
      Port port = ports.computeIfAbsent(number(tunnel), n -> new Port());
      port.waiting.add(() -> change.on(port));
      next(tunnel, port);
    });
  }

  private void next(Tunnel tunnel, Port port) {
    if (port.changing) {
      return;
    }
    Runnable change = port.waiting.poll();
    if (change != null) {
      port.changing = true;
      change.run();
    } else if (port.listeners.isEmpty()) {
      ports.remove(number(tunnel));
    }
  }

  private void done(Tunnel tunnel, Port port) {
    port.changing = false;
    next(tunnel, port);
  }

  private void open(
      Port port, Tunnel tunnel, List<InetSocketAddress> addresses, Promise<Void> result) {
    if (!port.listeners.isEmpty() && port.addresses.equals(addresses)) {
      port.target.tunnel = tunnel;
      result.setSuccess(null);
      done(tunnel, port);
      return;
    }
    unbind(port, () -> bind(port, tunnel, addresses, result));
  }

  private void bind(
      Port port, Tunnel tunnel, List<InetSocketAddress> addresses, Promise<Void> result) {
    PortBootstrap.Target target = new PortBootstrap.Target();
    target.tunnel = tunnel;
    PromiseCombiner all = new PromiseCombiner(loop);
    List<Channel> bound = new ArrayList<>();
    for (InetSocketAddress address : transport.distinct(addresses)) {
      var binding = bootstrap.bind(tunnel.eventLoop(), address, target);
      bound.add(binding.channel());
      all.add((Future<?>) binding);
    }
    port.addresses = addresses;
    port.listeners = bound;
    port.target = target;
    Promise<Void> finished = loop.newPromise();
    all.finish(finished);
    finished.addListener(done -> {
      if (done.isSuccess()) {
        result.setSuccess(null);
        done(tunnel, port);
        return;
      }
      target.tunnel = null;
      unbind(
          port,
          () -> {
            result.setFailure(done.cause());
            done(tunnel, port);
          });
    });
  }

  private void unbind(Port port, Runnable then) {
    List<Channel> listeners = port.listeners;
    port.listeners = List.of();
    port.addresses = List.of();
    PromiseCombiner all = new PromiseCombiner(loop);
    listeners.forEach(listener -> all.add((Future<?>) listener.close()));
    Promise<Void> finished = loop.newPromise();
    all.finish(finished);
    finished.addListener(done -> then.run());
  }

  private static int number(Tunnel tunnel) {
    return ((Endpoint.Tcp) tunnel.endpoint()).port();
  }
}
