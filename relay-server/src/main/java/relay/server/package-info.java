/**
 * The server: {@code Main} (flags, exit code), {@code RelayServer} (all the wiring, by constructor)
 * and {@code Lifecycle} (what starts and stops, and in which order). Start with {@code
 * RelayServer}.
 */
@NullMarked
package relay.server;

import org.jspecify.annotations.NullMarked;
