package relay.server;

import ch.qos.logback.classic.spi.ILoggingEvent;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.CharacterEscapes;
import com.fasterxml.jackson.core.io.SerializedString;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.KeyValuePair;

/**
 * Log events as JSON of printable ASCII: what a stranger wrote can neither end a line nor move a
 * terminal's cursor, and comes back whole from a JSON parser.
 */
final class LogJson {

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
          .disable(SerializationFeature.FAIL_ON_EMPTY_BEANS)
          .build();

  private LogJson() {}

  /** The whole event as one object: ts, level, logger, msg, its key-values, error. */
  static String event(ILoggingEvent event, @Nullable String error) {
    return write(json -> {
      json.writeStringField("ts", event.getInstant().toString());
      json.writeStringField("level", event.getLevel().toString());
      json.writeStringField("logger", event.getLoggerName());
      json.writeStringField("msg", event.getFormattedMessage());
      keyValues(json, event.getKeyValuePairs());
      if (error != null) {
        json.writeStringField("error", error);
      }
    });
  }

  /** The event's key-values as one object. */
  static String keyValues(List<KeyValuePair> pairs) {
    return write(json -> keyValues(json, pairs));
  }

  private static void keyValues(JsonGenerator json, @Nullable List<KeyValuePair> pairs)
      throws IOException {
    if (pairs != null) {
      for (KeyValuePair pair : pairs) {
        json.writeFieldName(pair.key);
        if (pair.value instanceof Number
            || pair.value instanceof Boolean
            || pair.value instanceof Iterable
            || pair.value instanceof Map) {
          json.writePOJO(pair.value);
        } else {
          json.writeString(String.valueOf(pair.value));
        }
      }
    }
  }

  private static String write(Fields fields) {
    StringWriter out = new StringWriter(256);
    try (JsonGenerator json = JSON.createGenerator(out)) {
      json.setCharacterEscapes(new DeleteEscaped());
      json.writeStartObject();
      fields.write(json);
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("a log event has no JSON form", e);
    }
    return out.toString();
  }

  private interface Fields {
    void write(JsonGenerator json) throws IOException;
  }

  /** ASCII's last control character is the one that JSON lets through. */
  private static final class DeleteEscaped extends CharacterEscapes {

    private static final long serialVersionUID = 1L;
    private static final int DELETE = 0x7f;

    @Override
    public int[] getEscapeCodesForAscii() {
      int[] escapes = standardAsciiEscapesForJSON();
      escapes[DELETE] = ESCAPE_STANDARD;
      return escapes;
    }

    @Override
    public @Nullable SerializableString getEscapeSequence(int character) {
      return new SerializedString(String.format("\\u%04x", character));
    }
  }
}
