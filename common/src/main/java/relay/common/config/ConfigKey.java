package relay.common.config;

import java.util.Locale;

/**
 * A key that a user may set.
 *
 * @param name dotted, for example {@code ssh.listen}
 * @param list whether it takes several values
 */
public record ConfigKey(String name, Setting setting, boolean list) {

  /** The variable that sets it: {@code RELAY_SSH_LISTEN}. */
  public String variable() {
    return "RELAY_" + name.replace('.', '_').replace('-', '_').toUpperCase(Locale.ROOT);
  }

  /** {@code nameHold} as a key: {@code name-hold}. */
  static String kebab(String camel) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < camel.length(); i++) {
      char c = camel.charAt(i);
      if (Character.isUpperCase(c)) {
        out.append('-');
      }
      out.append(Character.toLowerCase(c));
    }
    return out.toString();
  }
}
