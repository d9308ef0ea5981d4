package relay.server.tunnel;

/**
 * One visit to a tunnel, as its owner sees it. The texts are the visitor's own bytes: whoever shows
 * them makes them harmless first.
 *
 * @param originator the visitor's address
 * @param method the HTTP method, or {@code TCP}
 * @param target the HTTP request target, or nothing
 * @param status the HTTP status code of the answer, 0 where there was none
 * @param nanos how long it took, in nanoseconds
 */
public record Visit(String originator, String method, String target, int status, long nanos) {}
