package relay.server;

import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import relay.common.stream.Transport;
import relay.server.admin.AdminListener;
import relay.server.config.ServerConfig;

/**
 * The whole server: everything is made here, by constructor, and given to what uses it.
 *
 * <p>Event loops: one thread accepts, and as many as there are processors serve. A visitor of a TCP
 * tunnel is served on the loop of the owner's session.
 */
public final class RelayServer {

  private final EventLoopGroup acceptors;
  private final EventLoopGroup workers;
  private final Lifecycle lifecycle;

  RelayServer(ServerConfig config, DataDir directory) {
    Transport transport = Transport.best();
    acceptors = transport.group("relay-accept", 1);
    workers = transport.group("relay", Runtime.getRuntime().availableProcessors());
    AdminListener admin = new AdminListener(transport, acceptors, this::ready);

    // In the order of their start; they close in the opposite one.
    List<Part> parts = new ArrayList<>();
    parts.add(
        new Part(
            "admin",
            "admin.listen",
            () -> admin.bind(config.admin().listen().resolve()),
            RelayServer::nothingToDo, // it tells that the server drains
            RelayServer::nothingToDo,
            admin::close));
    lifecycle =
        new Lifecycle(directory, config.domain().value(), parts, List::of, config.limits().drain());
  }

  /** Completes when all listeners are bound and {@code run.json} is written. */
  public CompletableFuture<Void> start() {
    return lifecycle.start();
  }

  /** Lets requests in flight end, then closes everything; completes when nothing is left. */
  public CompletableFuture<Void> stop() {
    return lifecycle
        .stop()
        .whenComplete((done, failure) -> {
          workers.shutdownGracefully(0, 1, TimeUnit.SECONDS);
          acceptors.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        });
  }

  private boolean ready() {
    return lifecycle.ready();
  }

  private static Future<?> nothingToDo() {
    return GlobalEventExecutor.INSTANCE.newSucceededFuture(null);
  }
}
