package relay.server.auth;

/**
 * What a key may do. Immutable.
 *
 * @param console whether it has a console; {@code command=} takes it away
 */
public record Grants(boolean console) {}
