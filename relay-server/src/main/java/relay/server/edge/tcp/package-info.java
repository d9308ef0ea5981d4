/**
 * Plain TCP from a visitor: accept with auto-read off and half-close on, find the tunnel, connect,
 * splice. A cut is made visible as a reset. Start with the listener; the rest is {@link
 * relay.common.stream}.
 */
@NullMarked
package relay.server.edge.tcp;

import org.jspecify.annotations.NullMarked;
