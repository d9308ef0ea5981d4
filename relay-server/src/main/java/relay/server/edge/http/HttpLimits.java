package relay.server.edge.http;

import java.time.Duration;

/**
 * How long the edge waits, on a monotonic clock.
 *
 * @param head from a request's first octet (on a new connection: from accepting it) to the end of
 *     its head
 * @param keepAlive from an answer to the next request's first octet
 * @param pooled how long an upstream connection stays open between two requests. OpenSSH's client
 *     slows down with many idle channels, and the service's own limit is often 5 s
 * @param linger how long a connection that we close is still read from, so that the last answer is
 *     not lost to a reset
 * @param drain how long requests in flight may take when the edge goes down
 */
public record HttpLimits(
    Duration head, Duration keepAlive, Duration pooled, Duration linger, Duration drain) {

  public static HttpLimits defaults() {
    return new HttpLimits(
        Duration.ofSeconds(10),
        Duration.ofSeconds(75),
        Duration.ofSeconds(2),
        Duration.ofSeconds(2),
        Duration.ofSeconds(10));
  }
}
