package relay.server.edge.http;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.common.http.HeadLimits;

/**
 * How much the edge takes and how long it waits, on a monotonic clock.
 *
 * @param heads how large a request's head may be
 * @param bodies how large a request's body may be, and how slow
 * @param head from a request's first octet (on a new connection: from accepting it) to the end of
 *     its head
 * @param keepAlive from an answer to the next request's first octet
 * @param upstream from the end of a request to the head of the service's answer; also how long the
 *     service may leave a body unread before it has answered, or keep a visitor waiting who sends
 *     his body when he is told to ({@code Expect: 100-continue})
 * @param send how long a visitor may take no octet of an answer that waits for it
 * @param pooled how long an upstream connection stays open between two requests. OpenSSH's client
 *     slows down with many idle channels, and the service's own limit is often 5 s
 * @param linger how long a connection that we close is still read from, so that the last answer is
 *     not lost to a reset
 * @param drain how long requests in flight may take when the edge goes down
 */
public record HttpLimits(
    HeadLimits heads,
    Bodies bodies,
    Duration head,
    Duration keepAlive,
    Duration upstream,
    Duration send,
    Duration pooled,
    Duration linger,
    Duration drain) {

  /**
   * @param octets of one body; 0 for any number
   * @param rate octets a second that a visitor who is waited for brings at least; 0 for no minimum
   * @param window over which the rate is judged; so long a pause is forgiven
   */
  public record Bodies(long octets, long rate, Duration window) {

    /** Why a body of so many octets is not taken; null where it is. */
    @Nullable Refusal refusal(long length) {
      return octets == 0 || length <= octets
          ? null
          : new Refusal(
              RefusalCode.H413_BODY_TOO_LARGE, "a body may have " + octets + " octets at most");
    }
  }

  public static HttpLimits defaults() {
    return new HttpLimits(
        HeadLimits.DEFAULT,
        new Bodies(0, 500, Duration.ofSeconds(20)),
        Duration.ofSeconds(10),
        Duration.ofSeconds(75),
        Duration.ofSeconds(60),
        Duration.ofMinutes(10),
        Duration.ofSeconds(2),
        Duration.ofSeconds(2),
        Duration.ofSeconds(10));
  }
}
