package relay.common.endpoint;

import org.jspecify.annotations.Nullable;

/**
 * A DNS name in its one canonical form: lower case, no trailing dot, labels of 1 to 63 letters,
 * digits and hyphens (RFC 1123 §2.1), at most 253 octets. Routing, access rules, limits,
 * certificates and logs all use this form, so that no spelling of a name gets another verdict. An
 * IP literal is never a hostname.
 */
public record Hostname(String value) {

  private static final int MAX_LENGTH = 253;
  private static final int MAX_LABEL = 63;

  /** Wraps text that is canonical already; {@link #of} and {@link #parse} accept any spelling. */
  public Hostname {
    String fault = fault(value);
    if (fault != null || hasUpperCase(value)) {
      throw new InvalidHostname(value, fault == null ? "lower case" : fault);
    }
  }

  /**
   * Canonicalises a name as a user wrote it.
   *
   * @throws InvalidHostname where it is none; the message says why
   */
  public static Hostname of(String text) {
    String canonical = canonical(text);
    String fault = fault(canonical);
    if (fault != null) {
      throw new InvalidHostname(text, fault);
    }
    return new Hostname(canonical);
  }

  /** As {@link #of}, for the hot path: null where that would throw. */
  public static @Nullable Hostname parse(String text) {
    String canonical = canonical(text);
    return fault(canonical) == null ? new Hostname(canonical) : null;
  }

  /** Whether this name lies strictly below {@code domain}. */
  public boolean isUnder(Hostname domain) {
    int rest = value.length() - domain.value.length();
    return rest > 1 && value.endsWith(domain.value) && value.charAt(rest - 1) == '.';
  }

  /**
   * The name one label below this one.
   *
   * @throws InvalidHostname where {@code label} is not one label
   */
  public Hostname child(String label) {
    if (label.indexOf('.') >= 0) {
      throw new InvalidHostname(label, "one label, without a dot");
    }
    return of(label + "." + value);
  }

  /** The leftmost label. */
  public String firstLabel() {
    int dot = value.indexOf('.');
    return dot < 0 ? value : value.substring(0, dot);
  }

  /** The name without its leftmost label, or null where it has one label only. */
  public @Nullable Hostname parent() {
    int dot = value.indexOf('.');
    return dot < 0 ? null : parse(value.substring(dot + 1));
  }

  @Override
  public String toString() {
    return value;
  }

  private static String canonical(String text) {
    int end = text.length();
    if (end > 1 && text.charAt(end - 1) == '.') {
      end--;
    }
    if (end == text.length() && !hasUpperCase(text)) {
      return text;
    }
    StringBuilder out = new StringBuilder(end);
    for (int i = 0; i < end; i++) {
      char c = text.charAt(i);
      out.append(c >= 'A' && c <= 'Z' ? (char) (c + 32) : c);
    }
    return out.toString();
  }

  private static boolean hasUpperCase(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= 'A' && c <= 'Z') {
        return true;
      }
    }
    return false;
  }

  /** What keeps {@code text} from being a hostname, or null where nothing does. */
  private static @Nullable String fault(String text) {
    if (text.isEmpty()) {
      return "at least one letter or digit";
    }
    if (text.length() > MAX_LENGTH) {
      return "at most " + MAX_LENGTH + " characters";
    }
    int label = 0;
    boolean digits = true;
    for (int i = 0; i <= text.length(); i++) {
      char c = i == text.length() ? '.' : text.charAt(i);
      if (c == '.') {
        if (i == label) {
          return "at least one letter or digit before, between and after dots";
        }
        if (i - label > MAX_LABEL) {
          return "at most " + MAX_LABEL + " characters between dots";
        }
        if (text.charAt(label) == '-' || text.charAt(i - 1) == '-') {
          return "no hyphen next to a dot, at the beginning or at the end";
        }
        if (i == text.length() && digits) {
          return "a name, not an address: a letter after the last dot";
        }
        label = i + 1;
        digits = true;
      } else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-') {
        digits = false;
      } else if (c < '0' || c > '9') {
        return "letters (a to z), digits, hyphens and dots only";
      }
    }
    return null;
  }
}
