package relay.common.stream;

import io.netty.util.collection.IntObjectHashMap;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The streams of one connection: which there are, how many there may be, and what waits to be told
 * them. All on the session's event loop.
 */
final class Streams {

  private final StreamLimits limits;
  private final IntObjectHashMap<StreamState> states = new IntObjectHashMap<>();
  private final List<StreamState> touched = new ArrayList<>();
  private int nextId;

  /** Channels that the other side asked for and that nobody has answered yet. */
  private int unanswered;

  private boolean holding;
  private boolean closed;

  Streams(StreamLimits limits) {
    this.limits = limits;
  }

  /** Open or closing ones, tombstones included. */
  int count() {
    return states.size();
  }

  /** Whether this connection has all that it may have. */
  boolean isFull() {
    return states.size() + unanswered >= limits.maxStreams();
  }

  /** Takes a place for one more; false where there is none. */
  boolean acquire() {
    return !isFull() && limits.quota().acquire();
  }

  /** Gives a place back: the channel has gone on both sides, or never was. */
  void release() {
    if (!closed) { // then all went at once
      limits.quota().release();
    }
  }

  /** The other side asked for one, which has its place. */
  void asked() {
    unanswered++;
  }

  void answered() {
    unanswered--;
  }

  /** A stream that has its place, with an id of ours. */
  StreamState add(SshStreamChannel channel) {
    StreamState state = new StreamState(nextId++, channel, limits.window());
    channel.attach(state);
    states.put(state.id, state);
    return state;
  }

  @Nullable StreamState get(int id) {
    return states.get(id);
  }

  /** Whether there ever was one of that id. */
  boolean had(int id) {
    return id >= 0 && id < nextId;
  }

  void remove(StreamState state) {
    if (states.remove(state.id) != null) {
      release();
    }
  }

  /** Ends all of them. */
  void close() {
    closed = true;
    holding = false;
    for (int i = states.size() + unanswered; i > 0; i--) {
      limits.quota().release();
    }
    for (StreamState state : states.values()) {
      if (state.openTimer != null) {
        state.openTimer.cancel(false);
      }
      tellEnd(state);
    }
    deliver();
    states.clear();
  }

  // --- what they are told ---------------------------------------------------------------------

  void tell(StreamState state, StreamEvent event) {
    if (state.pending.isEmpty()) {
      touched.add(state);
    }
    state.pending.add(event);
  }

  /** Nothing more comes: a stream without an EOF before was cut. */
  void tellEnd(StreamState state) {
    tell(state, state.eofReceived ? StreamEvent.CLOSE : StreamEvent.CUT);
  }

  /** More of a batch may follow: until {@link #deliverAll} nothing is handed over. */
  void hold() {
    holding = true;
  }

  /** The batch is at its end. */
  void deliverAll() {
    holding = false;
    deliver();
  }

  /** Hands each stream what has come for it since the last time. */
  void deliver() {
    if (holding) {
      return;
    }
    for (int i = 0; i < touched.size(); i++) {
      StreamState state = touched.get(i);
      List<StreamEvent> batch = state.takePending();
      if (state.channel.eventLoop().inEventLoop()) {
        state.channel.receive(batch);
      } else {
        state.channel.eventLoop().execute(() -> state.channel.receive(batch));
      }
    }
    touched.clear();
  }
}
