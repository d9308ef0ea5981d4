/**
 * The set-up of Apache MINA SSHD that server and client share: transport on Netty, algorithms,
 * keys, and the wire records of RFC 4254 §7 (forwarding). Start with the set-up, then the records
 * that it carries.
 */
@NullMarked
package relay.common.ssh;

import org.jspecify.annotations.NullMarked;
