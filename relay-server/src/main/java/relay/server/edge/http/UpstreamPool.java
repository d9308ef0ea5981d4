package relay.server.edge.http;

import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import relay.server.tunnel.Tunnel;

/**
 * The idle upstream connections of one event loop, by tunnel, last in first out. A tunnel object is
 * one generation of one owner's claim, so what a hostile service leaves behind in a connection can
 * only meet that tunnel's own visitors. Used on the loop only.
 */
final class UpstreamPool {

  private final EventLoop loop;
  private final long idleNanos;
  private final Map<Tunnel, Deque<UpstreamHandler>> idle = new HashMap<>();
  private boolean trimming;

  UpstreamPool(EventLoop loop, long idleNanos) {
    this.loop = loop;
    this.idleNanos = idleNanos;
  }

  EventLoop loop() {
    return loop;
  }

  /** The connection that was used last, or null where none is idle. */
  @Nullable UpstreamHandler take(Tunnel tunnel) {
    Deque<UpstreamHandler> connections = idle.get(tunnel);
    UpstreamHandler upstream = connections == null ? null : connections.pollFirst();
    if (connections != null && connections.isEmpty()) {
      idle.remove(tunnel);
    }
    return upstream;
  }

  /** Keeps a connection whose last request and answer ended cleanly. */
  void give(UpstreamHandler upstream) {
    upstream.idleSince = loop.ticker().nanoTime();
    idle.computeIfAbsent(upstream.tunnel(), tunnel -> new ArrayDeque<>()).addFirst(upstream);
    if (!trimming) {
      trimming = true;
      loop.schedule(this::trim, idleNanos, TimeUnit.NANOSECONDS);
    }
  }

  /** Forgets a connection that has ended; does nothing where it is not idle. */
  void forget(UpstreamHandler upstream) {
    Deque<UpstreamHandler> connections = idle.get(upstream.tunnel());
    if (connections != null && connections.remove(upstream) && connections.isEmpty()) {
      idle.remove(upstream.tunnel());
    }
  }

  int size() {
    return idle.values().stream().mapToInt(Deque::size).sum();
  }

  private void trim() {
    long now = loop.ticker().nanoTime();
    long next = Long.MAX_VALUE;
    List<UpstreamHandler> old = new ArrayList<>();
    Iterator<Deque<UpstreamHandler>> all = idle.values().iterator();
    while (all.hasNext()) {
      Deque<UpstreamHandler> connections = all.next();
      while (!connections.isEmpty() && left(connections.getLast(), now) <= 0) {
        old.add(connections.removeLast());
      }
      if (connections.isEmpty()) {
        all.remove();
      } else {
        next = Math.min(next, left(connections.getLast(), now));
      }
    }
    old.forEach(UpstreamHandler::close);
    trimming = !idle.isEmpty();
    if (trimming) {
      loop.schedule(this::trim, next, TimeUnit.NANOSECONDS);
    }
  }

  private long left(UpstreamHandler upstream, long now) {
    return upstream.idleSince + idleNanos - now;
  }
}
