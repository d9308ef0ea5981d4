/**
 * Who is asked what an edge let through: a service that reads HTTP/1.1 by the letter and keeps
 * every octet, visitors who send what no client would, and the judgement over both.
 */
@NullMarked
package relay.server.oracle;

import org.jspecify.annotations.NullMarked;
