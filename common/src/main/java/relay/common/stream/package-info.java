/**
 * Bytes in motion: {@code SshStreamChannel} makes an SSH channel a Netty channel, and {@code
 * Splice} pumps between two channels with backpressure and half-close in each direction. Start with
 * {@code Splice}.
 */
@NullMarked
package relay.common.stream;

import org.jspecify.annotations.NullMarked;
