package relay.server;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A hostile peer that does something now and then, as fast or slow as it likes. */
final class Pace {

  /** Steps may block. */
  private static final ExecutorService THREADS =
      Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "pace");
        thread.setDaemon(true);
        return thread;
      });

  private Pace() {}

  @FunctionalInterface
  interface Step {
    /** Does something, and says after how long it goes on; null: it is over. */
    @Nullable Duration next() throws Exception;
  }

  /** Done when it is over; fails with what a step throws. */
  static CompletableFuture<Void> of(Step step) {
    CompletableFuture<Void> over = new CompletableFuture<>();
    after(Duration.ZERO, step, over);
    return over;
  }

  private static void after(Duration time, Step step, CompletableFuture<Void> over) {
    CompletableFuture.delayedExecutor(time.toNanos(), TimeUnit.NANOSECONDS, THREADS)
        .execute(() -> {
          try {
            Duration next = step.next();
            if (next == null) {
              over.complete(null);
            } else {
              after(next, step, over);
            }
          } catch (Exception e) {
            over.completeExceptionally(e);
          }
        });
  }
}
