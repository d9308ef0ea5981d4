package relay.common.http;

import io.netty.handler.codec.http.HttpHeaderValidationUtil;
import java.util.ArrayList;
import java.util.List;

/** Lists in header values (RFC 9110 §5.6.1). */
final class Tokens {

  private Tokens() {}

  /** The elements of a comma-separated value, trimmed; empty ones are skipped. */
  static List<String> of(String value) {
    if (value.indexOf(',') < 0) {
      String only = value.trim();
      return only.isEmpty() ? List.of() : List.of(only);
    }
    List<String> tokens = new ArrayList<>();
    for (String part : value.split(",", -1)) {
      String token = part.trim();
      if (!token.isEmpty()) {
        tokens.add(token);
      }
    }
    return tokens;
  }

  static boolean contains(List<String> values, String token) {
    for (String value : values) {
      for (String element : of(value)) {
        if (element.equalsIgnoreCase(token)) {
          return true;
        }
      }
    }
    return false;
  }

  static boolean isToken(String text) {
    return !text.isEmpty() && HttpHeaderValidationUtil.validateToken(text) < 0;
  }
}
