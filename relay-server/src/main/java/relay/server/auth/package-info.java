/**
 * Who connected ({@code Identity}) and what it may do ({@code Grants}), parsed once from {@code
 * AuthorizedKeys}; {@code AuthThrottle} slows down those who guess. Start with {@code Grants}: its
 * answer is server configuration and key together.
 */
@NullMarked
package relay.server.auth;

import org.jspecify.annotations.NullMarked;
