package relay.client;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import relay.client.session.TunnelEvent;

/**
 * Between the event loop, which must not wait, and a terminal, which may be stopped: the main
 * thread prints. Visits that it cannot keep up with are dropped, and their number is told.
 */
final class EventQueue {

  private static final int MAX_WAITING = 1000;

  private final BlockingQueue<TunnelEvent> waiting = new LinkedBlockingQueue<>();
  private int dropped;

  /** Called by one thread. */
  void add(TunnelEvent event) {
    if (event instanceof TunnelEvent.Visits visits && waiting.size() >= MAX_WAITING) {
      dropped += visits.lines().size();
      return;
    }
    if (dropped > 0) {
      waiting.add(new TunnelEvent.Notice(dropped + " visits are not shown"));
      dropped = 0;
    }
    waiting.add(event);
  }

  /**
   * Shows what comes until the last event.
   *
   * @return the exit code
   */
  int showUntilEnded(Output output) {
    try {
      while (true) {
        TunnelEvent event = waiting.take();
        output.show(event);
        if (event instanceof TunnelEvent.Ended ended) {
          return ExitCode.of(ended.reason());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return ExitCode.STOPPED;
    }
  }
}
