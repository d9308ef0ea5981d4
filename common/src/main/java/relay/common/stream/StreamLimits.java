package relay.common.stream;

import java.time.Duration;

/**
 * What one connection's streams may take.
 *
 * @param window how many bytes the other side may send before the first are written on, in bytes
 * @param maxStreams how many channels one connection may have, closing ones and tombstones included
 * @param openTimeout how long the other side may think about a channel open
 */
public record StreamLimits(int window, int maxStreams, Duration openTimeout) {}
