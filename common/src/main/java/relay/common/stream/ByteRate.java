package relay.common.stream;

/**
 * How fast the streams of several connections may carry bytes, both ways together. A stream asks
 * before each packet and tells what it carried; so what is carried exceeds the rate by a packet of
 * each event loop at most, for which all of them wait then. Any thread; nothing blocks.
 */
public interface ByteRate {

  /** How long to wait before the next byte, in nanoseconds; 0 for not at all. */
  long nanosToWait();

  void carried(int bytes);
}
