package relay.common.config;

/** ASCII digits: {@code Integer.parseInt} would also take those of other scripts. */
final class Digits {

  private Digits() {}

  /** How many digits the text begins with. */
  static int leading(String text) {
    int end = 0;
    while (end < text.length() && text.charAt(end) >= '0' && text.charAt(end) <= '9') {
      end++;
    }
    return end;
  }
}
