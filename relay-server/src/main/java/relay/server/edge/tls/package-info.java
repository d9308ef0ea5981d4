/**
 * TLS at the edge: the SNI name picks the certificate, or the tunnel whose local service speaks TLS
 * itself. What is decrypted here goes on to {@link relay.server.edge.http}. Start with {@link
 * relay.server.edge.tls.TlsTermination}.
 */
@NullMarked
package relay.server.edge.tls;

import org.jspecify.annotations.NullMarked;
