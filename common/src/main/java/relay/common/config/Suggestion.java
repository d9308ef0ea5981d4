package relay.common.config;

import java.util.Collection;
import java.util.Comparator;

/** What somebody who mistyped a name may have meant. */
final class Suggestion {

  private static final int NEAR = 3;

  private Suggestion() {}

  /** The one name that is near, or all of them. */
  static String among(Collection<String> names, String mistyped) {
    return names.stream()
        .min(Comparator.comparingInt(name -> distance(name, mistyped)))
        .filter(name -> distance(name, mistyped) <= Math.min(NEAR, name.length() / 2))
        .orElseGet(() -> "one of " + String.join(", ", names));
  }

  /** Levenshtein's: how many letters to insert, delete or replace. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}
