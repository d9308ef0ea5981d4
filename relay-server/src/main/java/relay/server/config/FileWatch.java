package relay.server.config;

import io.netty.util.concurrent.EventExecutorGroup;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks again and again whether files have changed, where a thread may block. */
public final class FileWatch {

  private static final Logger LOG = LoggerFactory.getLogger(FileWatch.class);

  private final String what;
  private final Runnable look;
  private final AtomicBoolean looking = new AtomicBoolean();

  /**
   * @param what the files, as the log names them
   * @param look blocking; never called twice at a time
   */
  public FileWatch(String what, Runnable look) {
    this.what = what;
    this.look = look;
  }

  /**
   * Looks until the group ends. A look that lasts longer than the time between two delays the next.
   *
   * @param timer only starts a look
   */
  public void every(Duration time, EventExecutorGroup timer) {
    timer.scheduleWithFixedDelay(
        this::begin, time.toMillis(), time.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void begin() {
    if (looking.compareAndSet(false, true)) {
      CompletableFuture.runAsync(look)
          .whenComplete((done, failure) -> {
            looking.set(false);
            if (failure != null) {
              LOG.warn("{}: files could not be looked at", what, failure);
            }
          });
    }
  }
}
