package relay.server.ssh;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.List;
import java.util.Map;

/**
 * What a command answers.
 *
 * @param lines for people, harmless on a terminal
 * @param objects the same for programs, one a line
 */
record Reply(List<String> lines, List<Map<String, ?>> objects) {

  /** Printable ASCII: what a stranger wrote harms no terminal, and comes back whole. */
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

  /** What is written: a text of whole lines. */
  String text(boolean json, String newline) {
    StringBuilder text = new StringBuilder();
    if (json) {
      objects.forEach(object -> text.append(json(object)).append(newline));
    } else {
      lines.forEach(line -> text.append(line).append(newline));
    }
    return text.toString();
  }

  private static String json(Map<String, ?> object) {
    try {
      return JSON.writeValueAsString(object).replace("\u007f", "\\u007f");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("strings, numbers and truth values are always JSON", e);
    }
  }
}
