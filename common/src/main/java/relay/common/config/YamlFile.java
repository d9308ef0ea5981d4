package relay.common.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.JacksonYAMLParseException;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import relay.common.endpoint.Untrusted;

/**
 * Reads a YAML file into {@link Node}s: keys, texts and lists, with their lines. What YAML would
 * make of a text (a number, a truth, a date) is left to the setting. Aliases are refused: {@code
 * *:2222} without quotes is an alias to YAML, and would lose its star in silence.
 */
final class YamlFile {

  private static final long MAX_BYTES = 1 << 20;
  private static final YAMLFactory YAML =
      YAMLFactory.builder()
          .enable(YAMLParser.Feature.PARSE_BOOLEAN_LIKE_WORDS_AS_STRINGS) // "no" stays "no"
          .build();

  private final Path path;
  private final YAMLParser parser;

  private YamlFile(Path path, YAMLParser parser) {
    this.path = path;
    this.parser = parser;
  }

  static Node.Group read(Path path) throws ConfigException {
    String where = path.toString();
    try {
      if (Files.size(path) > MAX_BYTES) {
        throw new ConfigException(where, "cannot be read: expected at most 1 MB");
      }
      try (YAMLParser parser = YAML.createParser(Files.readString(path))) {
        return new YamlFile(path, parser).document();
      }
    } catch (NoSuchFileException e) {
      throw new ConfigException(where, "cannot be read: there is no such file");
    } catch (AccessDeniedException e) {
      throw new ConfigException(where, "cannot be read: permission denied");
    } catch (CharacterCodingException e) {
      throw new ConfigException(where, "cannot be read: expected UTF-8");
    } catch (JsonProcessingException e) {
      throw new ConfigException(
          where + ":" + line(e),
          "cannot be read: expected YAML, " + Untrusted.harmless(problem(e)));
    } catch (IOException e) {
      throw new ConfigException(
          where, "cannot be read: " + Untrusted.harmless(String.valueOf(e.getMessage())));
    }
  }

  private Node.Group document() throws IOException, ConfigException {
    JsonToken first = parser.nextToken();
    Node node = first == null ? new Node.Text(1, "") : node("");
    if (node instanceof Node.Text text && text.text().isEmpty()) {
      return new Node.Group(1, Map.of());
    }
    if (!(node instanceof Node.Group group)) {
      throw new ConfigException(at(node.line()), null, node.shown(), "expected keys and values");
    }
    if (parser.nextToken() != null) {
      throw new ConfigException(at(line()), "expected one YAML document");
    }
    return group;
  }

  /** Reads the node whose first token is current, and ends on its last token. */
  private Node node(String key) throws IOException, ConfigException {
    int line = line();
    if (parser.isCurrentAlias()) {
      throw new ConfigException(
          at(line), name(key), "*" + parser.getText(), "expected quotes: * begins a YAML alias");
    }
    return switch (parser.currentToken()) {
      case START_OBJECT -> group(key, line);
      case START_ARRAY -> many(key, line);
      case VALUE_NULL -> new Node.Text(line, "");
      default -> new Node.Text(line, parser.getText().strip());
    };
  }

  private Node.Group group(String parent, int line) throws IOException, ConfigException {
    Map<String, Node.Entry> entries = new LinkedHashMap<>();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      int keyLine = line();
      String name = parser.currentName();
      String key = parent.isEmpty() ? name : parent + "." + name;
      parser.nextToken();
      put(entries, name, key, new Node.Entry(keyLine, node(key)));
    }
    return new Node.Group(line, entries);
  }

  private void put(Map<String, Node.Entry> entries, String name, String key, Node.Entry entry)
      throws ConfigException {
    Node.Entry before = entries.putIfAbsent(name, entry);
    if (before != null) {
      throw new ConfigException(
          at(entry.line()),
          key,
          entry.value().shown(),
          "expected the key once, it is on line " + before.line() + " already");
    }
  }

  private Node.Many many(String key, int line) throws IOException, ConfigException {
    List<Node.Text> items = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      Node item = node(key);
      if (!(item instanceof Node.Text text)) {
        throw new ConfigException(
            at(item.line()), key, item.shown(), "expected a list of plain values");
      }
      items.add(text);
    }
    return new Node.Many(line, items);
  }

  private int line() {
    return parser.currentTokenLocation().getLineNr();
  }

  private String at(int line) {
    return path + ":" + line;
  }

  private static String name(String key) {
    return key.isEmpty() ? "the file" : key;
  }

  private static int line(JsonProcessingException e) {
    return e.getLocation() == null ? 1 : Math.max(1, e.getLocation().getLineNr());
  }

  /** One line of what the parser found wrong. */
  private static String problem(JsonProcessingException e) {
    String message = e.getOriginalMessage();
    if (e instanceof JacksonYAMLParseException && message.contains("\n")) {
      // context, problem and snippet, a line or more each; the problem follows the first place
      List<String> lines = message.lines().toList();
      return lines.stream()
          .skip(1)
          .filter(line -> !line.startsWith(" "))
          .findFirst()
          .orElse(lines.get(0))
          .strip();
    }
    return message;
  }
}
