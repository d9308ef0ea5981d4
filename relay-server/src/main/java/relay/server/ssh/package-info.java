/**
 * The owners' side: the SSH listener, {@code tcpip-forward} and its cancel, the {@code
 * forwarded-tcpip} and {@code direct-tcpip} channels, and the session console. Start with the
 * handler of {@code tcpip-forward}.
 */
@NullMarked
package relay.server.ssh;

import org.jspecify.annotations.NullMarked;
