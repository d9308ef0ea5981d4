package relay.server.tunnel;

import relay.server.auth.Identity;

/**
 * Who has a name or a port, and how.
 *
 * @param pool whether further sessions of the owner join
 * @param tunnels how many live on it
 */
record Owned(Identity owner, boolean reserved, boolean pool, int tunnels, boolean quarantined) {}
