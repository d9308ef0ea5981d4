package relay.common.stream;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What one connection's streams may take.
 *
 * @param window how many bytes the other side may send at first before any are written on
 * @param budget what all streams may be granted beyond that
 * @param maxStreams how many channels one connection may have, closing ones and tombstones included
 * @param openTimeout how long the other side may think about a channel open
 * @param quota what the channels of several connections share
 * @param rate what their bytes share; null: they may be as fast as they are
 */
public record StreamLimits(
    int window,
    WindowBudget budget,
    int maxStreams,
    Duration openTimeout,
    StreamQuota quota,
    @Nullable ByteRate rate) {

  /** Of a connection that shares nothing but the budget. */
  public StreamLimits(int window, WindowBudget budget, int maxStreams, Duration openTimeout) {
    this(window, budget, maxStreams, openTimeout, StreamQuota.NONE, null);
  }

  /** The same, for a connection that shares these with others. */
  public StreamLimits sharing(StreamQuota channels, @Nullable ByteRate bytes) {
    return new StreamLimits(window, budget, maxStreams, openTimeout, channels, bytes);
  }
}
