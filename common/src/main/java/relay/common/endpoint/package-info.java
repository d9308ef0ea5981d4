/**
 * Public addresses as values: {@code Endpoint} (HTTP name, TCP port, alias), {@code PortRange}, and
 * {@code Hostname}, the one canonicaliser. A name is compared only in the form that it gives. Start
 * with {@code Endpoint}.
 */
@NullMarked
package relay.common.endpoint;

import org.jspecify.annotations.NullMarked;
