/**
 * HTTP from a visitor: framing guard, headers, routing by canonical Host for each request anew,
 * then streamed to the tunnel's upstream and back. Start with {@code HttpEdge}, which listens; a
 * connection is a {@code VisitorHandler}, a request an {@code Exchange}, and the way to the local
 * service an {@code UpstreamHandler}.
 */
@NullMarked
package relay.server.edge.http;

import org.jspecify.annotations.NullMarked;
