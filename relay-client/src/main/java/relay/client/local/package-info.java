/**
 * To the local service: connect to it, tell its absence from its refusal, and splice it with the
 * channel that the relay opened. Start with the connector; the pump is {@link relay.common.stream}.
 */
@NullMarked
package relay.client.local;

import org.jspecify.annotations.NullMarked;
