package relay.server.edge.http;

import java.util.Locale;
import relay.common.endpoint.RefusalCode;

/**
 * What each code of the HTTP edge means to a person.
 *
 * @param failed the hop at which it went wrong; those before it worked
 */
record RefusalText(String title, Hop failed, String advice) {

  /** From the visitor to the service. */
  enum Hop {
    REQUEST,
    RELAY,
    TUNNEL,
    SERVICE;

    String id() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  static RefusalText of(RefusalCode code) {
    return switch (code) {
      case H404_UNKNOWN_NAME ->
          new RefusalText(
              "No tunnel at this address",
              Hop.RELAY,
              "Check the spelling of the name. If it is yours, start its tunnel:"
                  + " relay http 3000 --name <name>, or ssh -R <name>:80:localhost:3000.");
      case H405_CONNECT ->
          new RefusalText(
              "Not a proxy", Hop.REQUEST, "Ask for the address itself; do not set it as a proxy.");
      case H408_HEADERS_LATE ->
          new RefusalText("The request took too long", Hop.REQUEST, "Send it again.");
      case H408_BODY_SLOW ->
          new RefusalText(
              "The request's body came too slowly",
              Hop.REQUEST,
              "Send it again over a better connection. The relay's operator can lower"
                  + " limits.body-rate.");
      case H413_BODY_TOO_LARGE ->
          new RefusalText(
              "The request's body is too large",
              Hop.REQUEST,
              "Send less at once. The relay's operator can raise limits.request-body.");
      case H414_TARGET_TOO_LONG ->
          new RefusalText(
              "The address is too long", Hop.REQUEST, "Send long values in the request's body.");
      case H421_WRONG_SERVER ->
          new RefusalText(
              "Another name than the connection's",
              Hop.REQUEST,
              "Connect anew, with the name of the address: the one in TLS (SNI) and the one in the"
                  + " Host header have to be the same.");
      case H429_TOO_MANY_VISITORS ->
          new RefusalText(
              "Too many visitors",
              Hop.RELAY,
              "The tunnel's owner has as many visitors as the relay lets one have. Try again in a"
                  + " moment. The relay's operator can raise limits.visitors-per-identity.");
      case H431_HEADERS_TOO_LARGE ->
          new RefusalText(
              "The request's headers are too large",
              Hop.REQUEST,
              "Delete this site's cookies, then try again.");
      case H502_NOTHING_LISTENING ->
          new RefusalText(
              "Nothing listens behind the tunnel",
              Hop.SERVICE,
              "The tunnel works. Its owner has to start the local service, on the port that the"
                  + " tunnel leads to.");
      case H502_BAD_ANSWER ->
          new RefusalText(
              "The local service answered with something else",
              Hop.SERVICE,
              "The tunnel works. Its owner should check that the local port speaks plain HTTP/1.1;"
                  + " for one that speaks TLS, forward port 443.");
      case H502_CLOSED_EARLY ->
          new RefusalText(
              "The local service hung up",
              Hop.SERVICE,
              "The tunnel works. Its owner should look into the local service's log.");
      case H503_OFFLINE ->
          new RefusalText(
              "The tunnel is offline",
              Hop.TUNNEL,
              "Its owner has to connect again; then this address works at once.");
      case H503_BUSY ->
          new RefusalText(
              "The tunnel is busy",
              Hop.TUNNEL,
              "It has as many connections as it may have. Try again in a moment.");
      case H504_NO_CHANNEL ->
          new RefusalText(
              "The tunnel does not answer",
              Hop.TUNNEL,
              "Its owner's client is connected and does not react. Its owner should restart it.");
      case H504_NO_ANSWER ->
          new RefusalText(
              "The local service does not answer",
              Hop.SERVICE,
              "The tunnel works. Its owner should look whether the local service hangs; for one that"
                  + " takes long, upstream-timeout=10m gives it time.");
      case H400_BAD_REQUEST ->
          new RefusalText(
              "The request could not be understood",
              Hop.REQUEST,
              "The relay serves HTTP/1.1 that can be read in one way only (RFC 9112); the line"
                  + " above says what it met.");
      default -> throw new IllegalArgumentException(code + " never reaches HTTP");
    };
  }
}
