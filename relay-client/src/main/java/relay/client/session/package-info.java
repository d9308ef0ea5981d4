/**
 * One SSH session with a relay: connect, check the host key as ssh does, and reconnect after a
 * loss. The only place in the client that knows Apache MINA SSHD. Start with the session and follow
 * its states.
 */
@NullMarked
package relay.client.session;

import org.jspecify.annotations.NullMarked;
