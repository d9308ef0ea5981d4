package relay.common.stream;

import java.time.Duration;

/**
 * What one connection's streams may take.
 *
 * @param window how many bytes the other side may send at first before any are written on
 * @param budget what all streams may be granted beyond that
 * @param maxStreams how many channels one connection may have, closing ones and tombstones included
 * @param openTimeout how long the other side may think about a channel open
 */
public record StreamLimits(int window, WindowBudget budget, int maxStreams, Duration openTimeout) {}
