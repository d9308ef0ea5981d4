package relay.common.stream;

/**
 * Fired by a stream whose bytes were written on so fast that its window grew to some megabytes: for
 * {@link Transport#carryFast} of the socket they are written to.
 */
public enum FastReader {
  INSTANCE
}
