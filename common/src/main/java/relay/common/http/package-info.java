/**
 * HTTP rules that do not depend on who applies them: the framing guard, hop-by-hop and forwarded
 * headers, and the capture for inspection. Start with the framing guard, which every request passes
 * first.
 */
@NullMarked
package relay.common.http;

import org.jspecify.annotations.NullMarked;
