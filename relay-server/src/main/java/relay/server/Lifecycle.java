package relay.server;

import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;
import relay.common.config.Version;
import relay.common.config.WholeFile;
import relay.common.endpoint.Untrusted;

/**
 * Starts the parts in order and stops them in the opposite one.
 *
 * <p>Starting: the data directory is held already; each part binds, {@code run.json} is written,
 * the {@code ready} line is logged. Nothing is left bound where one of these fails.
 *
 * <p>Stopping: not ready any more; every part stops accepting, so that a load balancer's next
 * connection goes elsewhere; what is in flight may end within the drain limit; then the parts
 * close, the last first, since HTTP requests travel in SSH channels; {@code run.json} goes; the
 * directory is given up. Methods may be called from any thread and do not wait.
 */
final class Lifecycle {

  private static final Logger log = LoggerFactory.getLogger(Lifecycle.class);

  private enum State {
    NEW,
    STARTING,
    READY,
    STOPPING
  }

  private final DataDir directory;
  private final String domain;
  private final List<Part> parts;
  private final Supplier<List<String>> hostKeys;
  private final Duration drain;
  private final AtomicReference<State> state = new AtomicReference<>(State.NEW);
  private final CompletableFuture<Void> started = new CompletableFuture<>();
  private final CompletableFuture<Void> stopped = new CompletableFuture<>();
  private final List<Part> bound = new CopyOnWriteArrayList<>();

  /**
   * @param parts in the order of their start
   * @param hostKeys fingerprints, asked for when all parts are bound
   * @param drain how long what is in flight may take when the server stops
   */
  Lifecycle(
      DataDir directory,
      String domain,
      List<Part> parts,
      Supplier<List<String>> hostKeys,
      Duration drain) {
    this.directory = directory;
    this.domain = domain;
    this.parts = List.copyOf(parts);
    this.hostKeys = hostKeys;
    this.drain = drain;
  }

  /** Whether it serves: neither starting nor stopping. */
  boolean ready() {
    return state.get() == State.READY;
  }

  /** Completes when it serves; fails with a {@link StartFailure} where its operator can mend it. */
  CompletableFuture<Void> start() {
    if (!state.compareAndSet(State.NEW, State.STARTING)) {
      throw new IllegalStateException("started or stopped before");
    }
    Map<String, List<InetSocketAddress>> listeners = new LinkedHashMap<>();
    CompletableFuture<Void> chain = onDisk(() -> Files.deleteIfExists(directory.runFile()));
    for (Part part : parts) {
      chain = chain.thenCompose(done -> bind(part, listeners));
    }
    chain
        .thenCompose(done -> announce(listeners))
        .whenComplete((done, failure) -> {
          if (failure == null) {
            started.complete(null);
          } else {
            release()
                .whenComplete((released, ignored) -> started.completeExceptionally(cause(failure)));
          }
        });
    return started;
  }

  private CompletableFuture<Void> bind(Part part, Map<String, List<InetSocketAddress>> listeners) {
    return stage(part.bind().get())
        .handle((addresses, failure) -> {
          if (failure == null) {
            bound.add(part);
            listeners.put(part.name(), addresses);
            return null;
          }
          Throwable cause = cause(failure);
          throw new CompletionException(
              cause instanceof IOException
                  ? new StartFailure(part.key() + ": " + cause.getMessage(), cause)
                  : cause);
        });
  }

  private CompletableFuture<Void> announce(Map<String, List<InetSocketAddress>> listeners) {
    RunInfo info =
        new RunInfo(
            ProcessHandle.current().pid(), Version.current(), domain, listeners, hostKeys.get());
    return onDisk(() -> WholeFile.write(directory.runFile(), info.json()))
        .thenRun(() -> {
          state.compareAndSet(State.STARTING, State.READY);
          LoggingEventBuilder line = log.atInfo();
          for (Map.Entry<String, Object> field : info.fields().entrySet()) {
            line = line.addKeyValue(field.getKey(), field.getValue());
          }
          line.log("ready");
        });
  }

  /** Completes when nothing of the server is left; never fails. A second call changes nothing. */
  CompletableFuture<Void> stop() {
    State before = state.getAndSet(State.STOPPING);
    if (before == State.NEW) {
      started.completeExceptionally(new CancellationException("stopped before it was started"));
    }
    if (before != State.STOPPING) {
      log.info("stopping");
      started
          .handle((done, failure) -> failure == null ? drainAndRelease() : release())
          .thenCompose(Function.identity())
          .whenComplete((done, failure) -> {
            if (failure != null) {
              log.warn("stopped, but not everything was left in order", failure);
            }
            stopped.complete(null);
          });
    }
    return stopped;
  }

  private CompletableFuture<Void> drainAndRelease() {
    return all(part -> part.stopAccepting().get())
        .thenCompose(done -> all(part -> part.drain().get()))
        .orTimeout(Math.max(1, drain.toMillis()), TimeUnit.MILLISECONDS)
        .handle((done, failure) -> {
          if (cause(failure) instanceof TimeoutException) {
            log.warn("not everything ended within {} ms: cut", drain.toMillis());
          } else if (failure != null) {
            log.warn("draining failed", failure);
          }
          return release();
        })
        .thenCompose(Function.identity());
  }

  /** Closes what is bound, the last first; then the run file and the lock go. Twice is once. */
  private CompletableFuture<Void> release() {
    CompletableFuture<Void> chain = CompletableFuture.completedFuture(null);
    List<Part> reversed = new ArrayList<>(bound);
    bound.clear();
    Collections.reverse(reversed);
    for (Part part : reversed) {
      chain =
          chain
              .thenCompose(done -> stage(part.close().get()))
              .handle((done, failure) -> {
                if (failure != null) {
                  log.warn("{} did not close", part.name(), failure);
                }
                return null;
              });
    }
    return chain.thenCompose(done ->
        onDisk(() -> {
          Files.deleteIfExists(directory.runFile());
          directory.close();
        }));
  }

  private CompletableFuture<Void> all(Function<Part, Future<?>> step) {
    return CompletableFuture.allOf(
        bound.stream().map(part -> stage(step.apply(part))).toArray(CompletableFuture<?>[]::new));
  }

  /** A step that waits for the disk, so off the event loops; its failure names the directory. */
  private CompletableFuture<Void> onDisk(DiskStep step) {
    return CompletableFuture.runAsync(() -> {
      try {
        step.run();
      } catch (IOException e) {
        throw new CompletionException(
            new StartFailure(
                DataDir.line(directory.path(), Untrusted.harmless(String.valueOf(e.getMessage()))),
                e));
      }
    });
  }

  private static <T> CompletableFuture<T> stage(Future<T> future) {
    CompletableFuture<T> stage = new CompletableFuture<>();
    future.addListener((Future<T> done) -> {
      if (done.isSuccess()) {
        stage.complete(done.getNow());
      } else {
        stage.completeExceptionally(done.cause());
      }
    });
    return stage;
  }

  private static @Nullable Throwable cause(@Nullable Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  private interface DiskStep {
    void run() throws IOException;
  }
}
