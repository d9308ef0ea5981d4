package relay.common.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.util.AsciiString;

/**
 * Lets a head have one Content-Length: of several in HTTP/1.0, Netty takes the first and drops the
 * others before anybody sees them.
 */
final class OneLength {

  private boolean seen;

  /** A head begins. */
  void reset() {
    seen = false;
  }

  /** Takes the name of the head's next field, and gives it back. */
  AsciiString next(AsciiString name) {
    if (HttpHeaderNames.CONTENT_LENGTH.contentEqualsIgnoreCase(name)) {
      if (seen) {
        throw new IllegalArgumentException("more than one Content-Length");
      }
      seen = true;
    }
    return name;
  }
}
