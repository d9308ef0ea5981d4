/**
 * What a user may set in the client's {@code relay.yml}, as records: the relay to use and the
 * tunnels that {@code relay start} opens. A flag wins over the environment, which wins over the
 * file. Start with the record of the whole file.
 */
@NullMarked
package relay.client.config;

import org.jspecify.annotations.NullMarked;
