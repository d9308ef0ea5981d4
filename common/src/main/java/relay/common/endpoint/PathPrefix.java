package relay.common.endpoint;

/**
 * The path below a hostname that a tunnel serves: {@code /api}, or nothing for all of it. It covers
 * whole segments only: {@code /api} and {@code /api/x}, not {@code /apix}. Targets are compared as
 * they were sent: no percent-encoding is undone and no {@code ..} is followed.
 *
 * @param value without a slash at the end; empty for everything
 */
public record PathPrefix(String value) {

  /** All of a name. */
  public static final PathPrefix ALL = new PathPrefix("");

  private static final int MAX_LENGTH = 200;
  private static final String EXPECTED =
      "segments of letters, digits and - . _ ~ , such as /api or /v2/hooks";

  /**
   * Reads a path as a user wrote it, with or without slashes at its ends.
   *
   * @throws InvalidValue where no request could reach it as it stands
   */
  public static PathPrefix of(String text) {
    int from = text.startsWith("/") ? 1 : 0;
    int to = text.endsWith("/") && text.length() > from ? text.length() - 1 : text.length();
    if (from == to) {
      return ALL;
    }
    if (to - from > MAX_LENGTH) {
      throw new InvalidValue(text.substring(0, 40) + "…", "a path", "at most 200 characters");
    }
    for (String segment : text.substring(from, to).split("/", -1)) {
      if (segment.isEmpty() || segment.equals(".") || segment.equals("..") || !isPlain(segment)) {
        throw new InvalidValue(text, "a path", EXPECTED);
      }
    }
    return new PathPrefix("/" + text.substring(from, to));
  }

  /**
   * Whether a request target lies below it.
   *
   * @param target in origin form, with or without a query, or {@code *}
   */
  public boolean covers(String target) {
    int end = value.length();
    return target.startsWith(value)
        && (end == 0
            || target.length() == end
            || target.charAt(end) == '/'
            || target.charAt(end) == '?');
  }

  /** The target without this prefix, which covers it; still in origin form. */
  public String strip(String target) {
    String rest = target.substring(value.length());
    return rest.startsWith("/") || rest.equals("*") ? rest : "/" + rest;
  }

  /** RFC 3986 §2.3: what needs no encoding, and so has one spelling only. */
  private static boolean isPlain(String segment) {
    for (int i = 0; i < segment.length(); i++) {
      char c = segment.charAt(i);
      boolean plain =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || "-._~".indexOf(c) >= 0;
      if (!plain) {
        return false;
      }
    }
    return true;
  }

  @Override
  public String toString() {
    return value;
  }
}
