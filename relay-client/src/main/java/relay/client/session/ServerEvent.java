package relay.client.session;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import relay.common.ssh.RelayExtensions;

/**
 * What a relay tells {@code relay} beside the protocol: the global request {@link
 * RelayExtensions#EVENT}, whose body is one flat JSON object.
 *
 * @param event {@code open}, {@code refused}, {@code lost}, {@code visits}; others may come
 */
record ServerEvent(String event, Map<String, String> fields) {

  private static final JsonFactory JSON = new JsonFactory();

  /**
   * @throws IOException where the text is no flat JSON object with an event
   */
  static ServerEvent parse(String text) throws IOException {
    Map<String, String> fields = new HashMap<>();
    try (JsonParser json = JSON.createParser(text)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw new IOException("an event is a JSON object");
      }
      for (String name = json.nextFieldName(); name != null; name = json.nextFieldName()) {
        if (json.nextToken().isScalarValue()) {
          fields.put(name, json.getText());
        } else {
          json.skipChildren();
        }
      }
    }
    String event = fields.get("event");
    if (event == null) {
      throw new IOException("an event has a name");
    }
    return new ServerEvent(event, fields);
  }

  @Nullable String text(String field) {
    return fields.get(field);
  }

  String text(String field, String otherwise) {
    return fields.getOrDefault(field, otherwise);
  }

  int number(String field, int otherwise) {
    String text = fields.get(field);
    return text != null && text.matches("[0-9]{1,9}") ? Integer.parseInt(text) : otherwise;
  }
}
