package relay.server;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A hostile peer that does something now and then, as fast or slow as it likes. */
final class Pace {

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
    CompletableFuture.delayedExecutor(time.toNanos(), TimeUnit.NANOSECONDS, Pace::start)
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

  /** A thread of its own, since a step may block. */
  private static void start(Runnable step) {
    Thread thread = new Thread(step, "pace");
    thread.setDaemon(true);
    thread.start();
  }
}
