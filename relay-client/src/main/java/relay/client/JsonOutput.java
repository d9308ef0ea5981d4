package relay.client;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import relay.client.local.LocalAddress;
import relay.client.session.TunnelEvent;

/** For scripts: one JSON object a line, in ASCII. */
final class JsonOutput implements Output {

  private static final JsonFactory JSON =
      JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

  private final PrintStream out;
  private final PrintStream err;
  private final LocalAddress local;

  JsonOutput(PrintStream out, PrintStream err, LocalAddress local) {
    this.out = out;
    this.err = err;
    this.local = local;
  }

  @Override
  public void show(TunnelEvent event) {
    if (event instanceof TunnelEvent.Visits visits) {
      visits.lines().forEach(line -> out.println(visit(line)));
      out.flush();
      return;
    }
    Map<String, Object> fields = new LinkedHashMap<>();
    boolean trouble = true;
    if (event instanceof TunnelEvent.Open open) {
      trouble = false;
      fields.put("event", "open");
      fields.put(open.address().contains("://") ? "url" : "address", open.address());
      fields.put("host", open.host());
      fields.put("port", open.port());
      fields.put("local", local.toString());
    } else if (event instanceof TunnelEvent.Offline offline) {
      fields.put("event", "offline");
      fields.put("message", offline.why());
    } else if (event instanceof TunnelEvent.Notice notice) {
      fields.put("event", "notice");
      fields.put("message", notice.line());
    } else if (event instanceof TunnelEvent.Local service) {
      fields.put("event", service.up() ? "local-up" : "local-down");
      fields.put("message", service.line());
    } else if (event instanceof TunnelEvent.Ended ended) {
      fields.put("event", "ended");
      fields.put("reason", ended.reason().name().toLowerCase(Locale.ROOT).replace('_', '-'));
      if (ended.code() != null) {
        fields.put("code", ended.code());
      }
      fields.put("message", ended.why());
      fields.put("exit", ExitCode.of(ended.reason()));
    }
    PrintStream to = trouble ? err : out;
    to.println(object(fields));
    to.flush();
  }

  private static String visit(String line) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("event", "visit");
    fields.put("line", line);
    return object(fields);
  }

  private static String object(Map<String, Object> fields) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(text)) {
      json.writeStartObject();
      for (Map.Entry<String, Object> field : fields.entrySet()) {
        json.writeFieldName(field.getKey());
        if (field.getValue() instanceof Integer number) {
          json.writeNumber(number);
        } else {
          json.writeString(field.getValue().toString());
        }
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("a string cannot be written to", e);
    }
    return text.toString();
  }
}
