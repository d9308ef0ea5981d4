/**
 * For the operator: health, metrics, API and console, on a listener of their own that is off unless
 * asked for. Sees the rest through read-only views. Start with the listener and the routes that it
 * serves.
 */
@NullMarked
package relay.server.admin;

import org.jspecify.annotations.NullMarked;
