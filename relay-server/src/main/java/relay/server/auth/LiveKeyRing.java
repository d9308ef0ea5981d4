package relay.server.auth;

import io.netty.util.concurrent.EventExecutorGroup;
import java.time.Duration;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import relay.server.config.FileWatch;

/**
 * The ring that is in force: read at the start, and again when a file has changed. A file that
 * cannot be honoured then leaves the whole ring as it was.
 */
public final class LiveKeyRing implements Supplier<KeyRing> {

  private static final Logger LOG = LoggerFactory.getLogger(LiveKeyRing.class);

  /** Twice this, the time that a change may take, is well below the 5 s that a cut may take. */
  private static final Duration LOOK = Duration.ofSeconds(1);

  private final KeySources sources;
  private volatile KeyRing ring;
  private String read; // this and the next: by who refreshes
  private String seen;
  private String failure = "";

  /**
   * Reads the ring. Blocking.
   *
   * @throws AuthorizedKeysException where a file cannot be honoured
   */
  public LiveKeyRing(KeySources sources) throws AuthorizedKeysException {
    this.sources = sources;
    read = sources.look(); // before reading: a change in between is seen later
    seen = read;
    ring = sources.read();
  }

  /** The ring that counts from now on. Any thread. */
  @Override
  public KeyRing get() {
    return ring;
  }

  /**
   * Looks every second whether files have changed, until the group ends.
   *
   * @param timer only starts it; files are read where a thread may block
   */
  public void watch(EventExecutorGroup timer) {
    new FileWatch("authorized keys", this::refresh).every(LOOK, timer);
  }

  /**
   * Reads again what has changed, and has not since the last call: of a file that is being written
   * the rest may be missing, and with it keys whose sessions would be cut. Blocking; one thread at
   * a time.
   */
  void refresh() {
    String now = sources.look();
    boolean settled = now.equals(seen);
    seen = now;
    if (!settled || now.equals(read)) {
      return;
    }
    try {
      ring = sources.read();
      read = now;
      failure = "";
      LOG.info("authorized keys were read anew: {} are let in", ring.size());
    } catch (AuthorizedKeysException e) {
      String why = String.valueOf(e.getMessage());
      if (!why.equals(failure)) {
        LOG.warn("{}; the keys read before stay in force, and it is tried again", why);
        failure = why;
      }
    }
  }
}
