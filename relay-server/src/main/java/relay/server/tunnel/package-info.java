/**
 * Live claims on endpoints: {@code TunnelRegistry} gives a {@code Lease} or a typed refusal, and
 * finds the {@code Tunnel} whose {@code Upstream} takes a visitor. Knows neither SSH nor HTTP.
 * Start with {@code TunnelRegistry}.
 */
@NullMarked
package relay.server.tunnel;

import org.jspecify.annotations.NullMarked;
