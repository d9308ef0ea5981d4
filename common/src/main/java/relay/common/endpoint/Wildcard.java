package relay.common.endpoint;

/**
 * A pattern as in ssh_config(5), PATTERNS: {@code *} is any text, empty too, {@code ?} one
 * character. Case counts: who asks brings both sides into one form.
 */
public record Wildcard(String pattern) {

  /** Linear but for the stars. */
  public boolean matches(String text) {
    int p = 0;
    int t = 0;
    int star = -1;
    int resume = 0;
    while (t < text.length()) {
      char c = p < pattern.length() ? pattern.charAt(p) : 0;
      if (p < pattern.length() && c == '*') {
        star = p++;
        resume = t;
      } else if (p < pattern.length() && (c == '?' || c == text.charAt(t))) {
        p++;
        t++;
      } else if (star >= 0) { // the last star takes one character more; no other needs to
        p = star + 1;
        t = ++resume;
      } else {
        return false;
      }
    }
    while (p < pattern.length() && pattern.charAt(p) == '*') {
      p++;
    }
    return p == pattern.length();
  }

  /** Whether there is anything in the text that is not itself. */
  public static boolean isIn(String text) {
    return text.indexOf('*') >= 0 || text.indexOf('?') >= 0;
  }

  @Override
  public String toString() {
    return pattern;
  }
}
