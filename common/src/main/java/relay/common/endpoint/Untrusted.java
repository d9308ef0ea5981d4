package relay.common.endpoint;

/** Makes text from a stranger safe to show on a terminal and in a log line. */
public final class Untrusted {

  private Untrusted() {}

  /**
   * The text with every control, format, surrogate, private-use and unassigned character, and every
   * separator but the space, written as {@code \}{@code u{hex}}; so that neither an escape
   * sequence, nor a line break, nor a change of writing direction survives. A backslash is doubled.
   */
  public static String harmless(String text) {
    StringBuilder out = new StringBuilder(text.length() + 8);
    text.codePoints()
        .forEach(c -> {
          if (c == '\\') {
            out.append("\\\\");
          } else if (c == ' ' || isVisible(c)) {
            out.appendCodePoint(c);
          } else {
            out.append("\\u{").append(Integer.toHexString(c)).append('}');
          }
        });
    return out.toString();
  }

  private static boolean isVisible(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SPACE_SEPARATOR ->
          false;
      default -> true;
    };
  }
}
