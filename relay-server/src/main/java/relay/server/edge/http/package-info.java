/**
 * HTTP from a visitor: framing guard, headers, routing by canonical Host for each request anew,
 * then streamed to the tunnel's upstream and back. Start with the initializer, where the handlers
 * stand in the order that a request meets them.
 */
@NullMarked
package relay.server.edge.http;

import org.jspecify.annotations.NullMarked;
