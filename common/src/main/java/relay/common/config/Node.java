package relay.common.config;

import java.util.List;
import java.util.Map;

/** A piece of a configuration file, with the line (from 1) where it begins. */
sealed interface Node {

  int line();

  /** The value as an error shows it. */
  String shown();

  /** One value, as it was written; empty where nothing was. */
  record Text(int line, String text) implements Node {
    @Override
    public String shown() {
      return text;
    }
  }

  record Many(int line, List<Text> items) implements Node {
    @Override
    public String shown() {
      return "[" + String.join(", ", items.stream().map(Text::text).toList()) + "]";
    }
  }

  /** Keys in the order of the file. */
  record Group(int line, Map<String, Entry> entries) implements Node {
    @Override
    public String shown() {
      return "{" + String.join(", ", entries.keySet()) + "}";
    }
  }

  /**
   * What stands at a key.
   *
   * @param line of the key, which may stand above its value
   */
  record Entry(int line, Node value) {}
}
