/**
 * The visitors' side: what every public listener has in common, and the access rules that apply to
 * all. Reaches an owner only through {@link relay.server.tunnel}. Start in {@link
 * relay.server.edge.http} and come back.
 */
@NullMarked
package relay.server.edge;

import org.jspecify.annotations.NullMarked;
