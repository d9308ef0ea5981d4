package relay.common.stream;

import io.netty.channel.Channel;
import java.util.concurrent.TimeUnit;

/**
 * One direction of one stream, at a rate that it shares with others. On the stream's event loop.
 */
final class Pace {

  private final ByteRate rate;
  private final Channel stream;
  private final Runnable goOn;
  private boolean pausing;

  /**
   * @param goOn run on the stream's event loop when a pause is over
   */
  Pace(ByteRate rate, Channel stream, Runnable goOn) {
    this.rate = rate;
    this.stream = stream;
    this.goOn = goOn;
  }

  /** Whether the next bytes have to wait; then it is told when they need not. */
  boolean pauses() {
    if (!pausing) {
      long wait = rate.nanosToWait();
      if (wait > 0) {
        pausing = true;
        stream.eventLoop().schedule(this::resume, wait, TimeUnit.NANOSECONDS);
      }
    }
    return pausing;
  }

  private void resume() {
    pausing = false;
    goOn.run();
  }

  void carried(int bytes) {
    rate.carried(bytes);
  }
}
