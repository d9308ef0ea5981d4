package relay.common.config;

import org.jspecify.annotations.Nullable;
import relay.common.endpoint.InvalidValue;

/**
 * A mistake in the configuration. The message is one line for the user: where it is, the key, the
 * value and what was expected.
 */
public final class ConfigException extends Exception {

  private static final long serialVersionUID = 1L;

  /**
   * @param where the file and line, the variable or the flag
   * @param key the dotted key, or null where {@code where} says it all
   */
  ConfigException(String where, @Nullable String key, String value, String expected) {
    super(
        where
            + (key == null ? "" : ": " + InvalidValue.shown(key))
            + ": '"
            + InvalidValue.shown(value)
            + "': "
            + expected);
  }

  /** A file that cannot be read at all, or is no YAML. */
  ConfigException(String where, String problem) {
    super(where + ": " + problem);
  }
}
