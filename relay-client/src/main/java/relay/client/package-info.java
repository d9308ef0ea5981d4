/**
 * The command {@code relay}: {@code Main}, and one class for each command ({@code http}, {@code
 * tcp}, {@code completion}). Start with {@code Main}, then the command that you came for.
 */
@NullMarked
package relay.client;

import org.jspecify.annotations.NullMarked;
